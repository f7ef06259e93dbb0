// Environments of vitest, mixed in one run: by config, by docblock, with options, and one's own.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, oneVitest, sealedTest, seedSuite, seedTest, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = fixture('environments')
const testFiles = Object.keys(files).filter((file) => file.endsWith('.test.ts'))

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test.each(testFiles)('%s', (file) => {
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
    expect(run.files[file], run.output).toBe('passed')
  })

  test('exit code 0, and environments are torn down', () => {
    expect(run.exitCode, run.output).toBe(0)
    expect(run.stdout).toContain('own environment torn down')
  })
})

describe.each(oneVitest)('$name', (version) => {
  test('an environment that blocks when it is set up costs its file the 60 s that vitest gives, and nothing is left', async () => {
    const project = seedTest(version, { ...fixture('blocking'), 'plain.test.ts': sealedTest })
    const vitest = startVitest(project, ['run'])
    await vitest.said(/the environment blocks now/)
    await vitest.said(/✓ plain\.test\.ts/)
    vitest.child.kill('SIGUSR2')
    const run = await vitest.done
    expect(run.output).toContain('blocked.test.ts: the worker did not start in 60 s')
    expect(run.tests, run.output).toEqual({ 'plain.test.ts > sealed': 'passed' })
    expect(run.exitCode).toBe(1)
    await expectNothingRuns(project)
  })
})
