// Promise: a campaign finds what fails under a knob, and hands over the least that makes it fail.

import { describe, expect, test } from 'vitest'
import { patience, resultsOf, stress, verdictsIn } from '../support/stress-run.ts'
import { seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'

const files = {
  'src/day.test.ts': testFile(`
test('is the same everywhere', () => expect(new Date('2026-01-01T12:00:00Z').getDate()).toBe(1))
test('adds', () => expect(1 + 1).toBe(2))`),
  'src/broken.test.ts': testFile(`
test('never passes', () => expect(1).toBe(2))
test('passes beside it', () => expect(1).toBe(1))`),
  'src/order.test.ts': testFile(`
let made = false
test('makes it', () => { made = true })
test('needs it', () => expect(made).toBe(true))`),
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)

  test('a sweep: broken, flaky by a knob, flaky by order, and what is not', { timeout: patience }, async () => {
    const { exitCode, stdout, stderr } = await stress(project, ['--seed', '7'])
    const results = resultsOf(project)
    expect(verdictsIn(results), stderr).toEqual({
      'src/broken.test.ts > never passes': 'BROKEN',
      'src/broken.test.ts > passes beside it': 'PASS',
      'src/day.test.ts > adds': 'PASS',
      'src/day.test.ts > is the same everywhere': 'FLAKY',
      'src/order.test.ts > makes it': 'PASS',
      'src/order.test.ts > needs it': 'FLAKY',
    })
    expect(exitCode).toBe(1)
    expect(stdout).toContain("nsbox repro 'src/day.test.ts > is the same everywhere' --recipe n1:tz=+14\n")
    const recipe = (name: string) => results.tests.find((one) => one.name === name)?.recipe
    expect(recipe('is the same everywhere')).toMatchObject({ knobs: { tz: '+14' }, failed: 10, runs: 10 })
    expect(recipe('needs it')?.knobs).toEqual({ shuffle: 'tests', seed: expect.any(Number) })
    expect(results.attempts.filter(({ phase }) => phase === 'baseline')).toHaveLength(15)
    expect(results).toMatchObject({ seed: 7, endedEarly: null, shard: null, command: expect.arrayContaining(['--seed', '7']) })
  })
})

describe('a grid', { timeout: patience }, () => {
  const version = vitestVersions[0] as (typeof vitestVersions)[number]

  test('makes all combinations of chosen tests, and prints results.json when asked', async () => {
    const project = seedTest(version, files)
    const { exitCode, stdout } = await stress(project, ['day', '-t', 'adds', '--tz', '+14,UTC', '--locale=tr_TR', '--runs', '2', '--json'])
    const { attempts, tests } = JSON.parse(stdout) as ReturnType<typeof resultsOf>
    expect(attempts.slice(5).map(({ order: { knobs } }) => knobs.tz)).toEqual(['+14', 'UTC', '+14', 'UTC'])
    expect(tests).toMatchObject([{ name: 'adds', verdict: 'PASS', runs: 9 }])
    expect(exitCode).toBe(0)
  })

  test('goes on until something fails', async () => {
    const project = seedTest(version, files)
    const { exitCode } = await stress(project, ['day', '--tz', 'UTC,+14', '--until-fail', '--jobs', '1'])
    expect(resultsOf(project).endedEarly).toBe('until-fail')
    expect(exitCode).toBe(1)
  })

  test('ends at the end of its CPU time', async () => {
    const project = seedTest(version, files)
    const { exitCode } = await stress(project, ['-t', 'adds', 'day', '--tz', 'UTC', '--budget', '1s'])
    const { endedEarly, attempts } = resultsOf(project)
    expect(endedEarly).toBe('budget')
    expect(attempts.reduce((sum, { result }) => sum + result.usage.cpuMs, 0)).toBeGreaterThanOrEqual(1000)
    expect(exitCode).toBe(0)
  })

  test('what is broken alone has an exit code of its own', async () => {
    const project = seedTest(version, files)
    expect((await stress(project, ['broken', '--tz', 'UTC', '--runs', '1'])).exitCode).toBe(3)
  })
})
