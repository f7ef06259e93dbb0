// Caps of CPU: files that are held back, and what is said of them.
// @module-tag root

import { beforeAll, describe, expect, test } from 'vitest'
import { nsbox } from '../support/command.ts'
import { emulatedHere } from '../support/limit-mechanism.ts'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, oneVitest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('limits')
const burns = seeded['slow/burns.slow.test.ts'] as string
const times = /timed out in 1000ms \(\d+\.\d s wall, \d+\.\d s CPU, throttled \d+\.\d s\)/

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...seeded,
    'slow/burns.test.ts': burns,
    'slow/good.test.ts': testFile(`test('passes', () => {})`),
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, ['--project=slow'])
  })

  const saidOf = (file: string) => {
    const [, said = ''] = run.stderr.split(new RegExp(`FAIL .*slow/${file} > suite > burns\n`))
    return said.split('\n', 2).join('\n')
  }

  test('a test that times out has its times where it was held back', () => {
    expect(saidOf('burns\\.slow\\.test\\.ts'), run.output).toMatch(new RegExp(`${times.source}\\.\n?`))
    expect(saidOf('burns\\.test\\.ts'), run.output).toMatch(/timed out in 1000ms\.\n/)
  })

  test('a worker that hangs is named with file and test, and with its times', () => {
    expect(run.stderr).toMatch(
      /loops\.slow\.test\.ts: the event loop has been blocked for 6 s in test 'never ends' \([\d.]+ s wall, [\d.]+ s CPU, throttled [\d.]+ s\)/,
    )
  })

  test('the other files keep their results', () => {
    expect(run.tests).toMatchObject({ 'slow/good.test.ts > passes': 'passed' })
  })

  test('reporters read how a file was held', () => {
    expect(run.meta['slow/burns.slow.test.ts']).toMatchObject({ throttledMs: expect.any(Number), limits: { cpu: expect.any(String) } })
  })

  test('how limits are emulated is said once, and nothing where the kernel holds them', async () => {
    const emulated = await emulatedHere({ memory: '1G', cpu: 1 })
    const said = run.output.match(/nsbox: limits are emulated here \(.*\): no cgroup.*: .+/g) ?? []
    expect(said).toHaveLength(emulated.length > 0 ? 1 : 0)
    if (emulated.includes('memory')) expect(said[0]).toContain('memory by polling PSS, and SIGKILL')
    if (emulated.includes('cpu')) expect(said[0]).toContain('cpu by SIGSTOP/SIGCONT')
  })

  test('nothing is left running', () => expectNothingRuns(project))
})

test.each(oneVitest)('words of `nsbox vitest` limit too', async (version) => {
  const { root, home } = seedTest(version, {
    'vitest.config.ts': 'export default {}\n',
    'burns.test.ts': burns,
  })
  const capped = await nsbox(['vitest', 'run', '--nsbox.cpu=0.05'], { cwd: root, home, killAfter: 60_000 })
  expect(capped.stderr).toMatch(times)
})
