// A run comes to its end also where a worker cannot be looked at, or does not end by itself.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, nsboxConfig, oneVitest, seedSuite, seedTest, testFile } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

describe.each(oneVitest)('$name', (version) => {
  const project = seedSuite(version, fixture('never-waits'))
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test('a look for what is left that fails is an error of the run', () => {
    expect(run.output).toContain('nothing to look at')
    expect(run.tests['looks/a.test.ts > leaves a process, and a broken language'], run.output).toBe('passed')
    expect(run.exitCode).toBe(1)
  })

  test('an environment that does not end holds no other sandbox back', () => {
    expect(run.tests, run.output).toMatchObject({ 'endless/a.test.ts > first': 'passed', 'endless/b.test.ts > second': 'passed' })
  })
})

test.each(oneVitest)('vitest that waits for what cannot come any more says so, and has failed', async (version) => {
  const project = seedTest(version, {
    'a.test.ts': testFile("test('waits', () => new Promise(() => undefined), 300_000)"),
    // Nothing keeps node alive, as where a promise is never settled.
    'vitest.config.ts': `${nsboxConfig({ options: 'hangTimeout: 0' })}
setInterval(() => process._getActiveHandles().map((handle) => handle.unref?.()), 100).unref()
`,
  })
  const { exitCode, output } = await vitestRun(project)
  expect(output).toContain('nsbox: vitest stopped without its report')
  expect(exitCode).toBe(1)
})
