// Promise: a campaign finds what fails under a knob, and hands over the least that makes it fail.

import { describe, expect, test } from 'vitest'
import { patience, resultsOf, type StressEnd, stress, verdictsIn } from '../support/stress-run.ts'
import { fixture, oneVitest, type Project, seedSuite, vitestVersions } from '../support/vitest-project.ts'

const files = fixture('campaign')

/** On a machine at a whole hour. */
const run = (project: Project, words: string[]): Promise<StressEnd> => stress(project, words, { env: { TZ: 'UTC' } })

/** A sweep turns everything; what depends on vitest itself is seen in a grid of two knobs as well. */
const campaigns = [
  ...oneVitest.map((version) => ({ ...version, kind: 'a sweep', knobs: [] })),
  ...vitestVersions.slice(1).map((version) => ({ ...version, kind: 'a grid', knobs: ['--tz', 'America/St_Johns', '--shuffle', 'tests'] })),
]

describe.each(campaigns)('$name: $kind', ({ kind: _, knobs, ...version }) => {
  const project = seedSuite(version, files)

  test('broken, flaky by a knob, and what is not', { timeout: patience }, async () => {
    const { exitCode, stdout, stderr } = await run(project, ['-t', 'passes|whole hour', '--seed', '7', ...knobs])
    const results = resultsOf(project)
    expect(verdictsIn(results), stderr).toEqual({
      'src/mixed.test.ts > never passes': 'BROKEN',
      'src/mixed.test.ts > passes beside it': 'PASS',
      'src/mixed.test.ts > is at a whole hour everywhere': 'FLAKY',
    })
    expect(exitCode).toBe(1)
    expect(stdout).toContain("nsbox repro 'src/mixed.test.ts > is at a whole hour everywhere' --recipe n1:tz=America/St_Johns\n")
    const { recipe } = results.tests.find(({ name }) => name === 'is at a whole hour everywhere') ?? {}
    expect(recipe).toMatchObject({ knobs: { tz: 'America/St_Johns' }, failed: 10, runs: 10 })
    expect(results.attempts.filter(({ phase }) => phase === 'baseline')).toHaveLength(5)
    expect(results).toMatchObject({ seed: 7, endedEarly: null, shard: null, command: expect.arrayContaining(['--seed', '7']) })
  })
})

describe.each(vitestVersions)('$name: a grid', { timeout: patience }, (version) => {
  const project = seedSuite(version, files)

  // With this seed the first order is that of the file, and the second one is not.
  test('goes on until something fails: flaky by order', async () => {
    const words = ['-t', 'makes it|needs it', '--shuffle', 'tests', '--tz', 'UTC,+14', '--seed', '9']
    const { exitCode, stderr } = await run(project, [...words, '--until-fail', '--jobs', '1'])
    const results = resultsOf(project)
    expect(
      results.attempts.flatMap(({ phase, result }) => (phase === 'grid' ? [result.end] : [])),
      stderr,
    ).toEqual(['passed', 'failed'])
    expect(results.endedEarly).toBe('until-fail')
    expect(verdictsIn(results)).toEqual({ 'src/mixed.test.ts > makes it': 'PASS', 'src/mixed.test.ts > needs it': 'FLAKY' })
    const { recipe } = results.tests.find(({ name }) => name === 'needs it') ?? {}
    expect(recipe?.knobs).toEqual({ shuffle: 'tests', seed: expect.any(Number) })
    expect(exitCode).toBe(1)
  })
})

// All combinations of a grid: bad-days.test.ts, where its disk is full.
describe.each(oneVitest)('a campaign', { timeout: patience }, (version) => {
  const project = seedSuite(version, files)

  test('ends at the end of its CPU time; what is broken alone has an exit code of its own', async () => {
    const { exitCode } = await run(project, ['-t', 'never passes|passes beside it', '--tz', 'UTC', '--budget', '1s', '--jobs', '1'])
    const { endedEarly, attempts } = resultsOf(project)
    expect(endedEarly).toBe('budget')
    expect(attempts.reduce((sum, { result }) => sum + result.usage.cpuMs, 0)).toBeGreaterThanOrEqual(1000)
    expect(exitCode).toBe(3)
  })
})
