// Limits that are emulated or cannot be held, whatever the kernel has: pools of their own, and options that are wrong.
// @module-tag root

import { availableParallelism } from 'node:os'
import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, nsboxConfig, oneVitest, seedSuite, seedTest, testFile } from '../support/vitest-project.ts'
import { onlyProjects, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const passes = testFile(`test('passes', () => {})`)
const tellsProcessors = `import { tellsProcessors } from '../processors'; tellsProcessors()\n`

describe.each(oneVitest)('pools of each kind', (version) => {
  const pools = ['unheld', 'one-worker', 'two-workers']
  const project = seedSuite(version, {
    ...fixture('limits'),
    'unheld/a.test.ts': passes,
    'unheld/b.test.ts': passes,
    ...Object.fromEntries(
      ['one-worker', 'two-workers'].flatMap((pool) => [
        ...['a', 'b', 'c'].map((name) => [`${pool}/${name}.test.ts`, tellsProcessors]),
        [`${pool}/d.test.ts`, passes],
      ]),
    ),
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, onlyProjects(pools))
  })

  test.each([
    ['one after the other', 'one-worker'],
    ['shared out', 'two-workers'],
  ])('without isolation each file has its own limits, %s', (_, pool) => {
    const path = (name: string) => `${pool}/${name}.test.ts`
    for (const name of ['a', 'b', 'c']) expect(run.tests[`${path(name)} > tells`], run.output).toBe('passed')
    expect(run.tests[`${path('d')} > passes`], run.output).toBe('passed')
    const processors = (name: string) => Number(new RegExp(`^processors ${path(name)} (\\d+)$`, 'm').exec(run.stdout)?.[1])
    expect({ a: processors('a'), b: processors('b'), c: processors('c') }).toEqual({
      a: availableParallelism(),
      b: 1,
      c: availableParallelism(),
    })
    expect(run.meta[path('b')]).toMatchObject({ limits: { cpus: 'sched_setaffinity' } })
    expect(run.meta[path('c')]).toHaveProperty('limits', {})
    expect(run.meta[path('d')]).toHaveProperty('limits', { memory: 'emulated by polling PSS, and SIGKILL' })
  })

  test('a limit that cannot be held fails the file that has it by a rule', () => {
    expect(run.stderr).toContain('NsboxError: unheld/a.test.ts: memoryHigh cannot be limited here')
    expect(run.tests['unheld/a.test.ts > passes']).not.toBe('passed')
    expect(run.tests).toMatchObject({ 'unheld/b.test.ts > passes': 'passed' })
    expect(run.exitCode).toBe(1)
  })
})

test.each(oneVitest)('files that overlays keep have an end', async (version) => {
  const run = await vitestRun(seedTest(version, fixture('limits')), ['--project=disk'])
  // A tmpfs before Linux 6.6 cannot serve an overlay, and what lies on disk has no end.
  const isLimited = !run.output.includes('disk cannot be limited here')
  const names = ['here', '/tmp/there'].map((path) => `disk/writes.test.ts > writes ${path}`)
  for (const name of names) {
    if (isLimited) expect(run.tests[name], run.output).toBe('passed')
    else expect(run.tests[name]).not.toBe('passed')
  }
})

describe.each(oneVitest)('options of all files', (version) => {
  const seedPassing = (options: string) => seedTest(version, { 'vitest.config.ts': nsboxConfig({ options }), 'a.test.ts': passes })

  test('a limit that cannot be held stops the run', async () => {
    const run = await vitestRun(seedPassing("limitsBy: 'emulation', memoryHigh: '64M'"))
    expect(run.stderr).toContain("memoryHigh cannot be limited here: no cgroup with the controller memory (limitsBy is 'emulation')")
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test('a limit that cannot be held is said once where the seal prefers', async () => {
    const run = await vitestRun(seedPassing("limitsBy: 'emulation', seal: 'prefer', memoryHigh: '64M', memory: '1G'"))
    expect(run.output.match(/nsbox: not in force: memoryHigh: memoryHigh cannot be limited here/g)).toHaveLength(1)
    expect(run.output).toContain("limits are emulated here (memory by polling PSS, and SIGKILL): no cgroup: limitsBy is 'emulation'")
    expect(run.exitCode, run.output).toBe(0)
  })
})
