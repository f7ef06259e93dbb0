// Limits of workers, by whatever holds them here: what they do is the same, and named. These run in guests too (test/lab/check.sh).
// @module-tag root

import { beforeAll, describe, expect, test } from 'vitest'
import { emulatedHere } from '../support/limit-mechanism.ts'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, oneVitest, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { onlyProjects, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const passes = testFile(`test('passes', () => {})`)
const fills = testFile(`import { fill } from '../fill'; test('fills', () => fill())`)

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, { ...fixture('limits'), 'src/good.test.ts': passes })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, ['--project=src'])
  })

  test.each([
    [
      'in a test',
      /NsboxError: src\/fills\.test\.ts: killed by its memory cap of 128 MiB \(peak [\d.]+ [MG]iB\) in test 'suite > parses'$/m,
    ],
    ['at import', /src\/imports\.test\.ts: killed by its memory cap of 128 MiB \(peak [\d.]+ [MG]iB\) while it was loaded$/m],
    ['in beforeAll', /src\/sets-up\.test\.ts: killed by its memory cap of 128 MiB \(peak [\d.]+ [MG]iB\) before its first test$/m],
    ['in afterAll', /src\/tears-down\.test\.ts: killed by its memory cap of 128 MiB \(peak [\d.]+ [MG]iB\) after test 'last'$/m],
    ['by a signal', /src\/crashes\.test\.ts: the worker was ended by SIGSEGV \(segmentation fault\) in test 'crashes'$/m],
  ])('a worker that ends %s is named with file and test', (_, said) => {
    expect(run.stderr).toMatch(said)
  })

  test('the other files keep their results', () => {
    expect(run.tests).toMatchObject({ 'src/good.test.ts > passes': 'passed', 'src/free.test.ts > takes more': 'passed' })
  })

  test('reporters read what each file has used, and how it was held', () => {
    expect(run.meta['src/good.test.ts']).toMatchObject({
      cpuMs: expect.any(Number),
      memoryPeakBytes: expect.any(Number),
      limits: { memory: expect.stringMatching(/^(cgroup memory\.max|emulated by polling PSS, and SIGKILL)$/) },
    })
    expect(run.meta['src/free.test.ts']).toMatchObject({ limits: {} })
  })

  test('nothing is left running', () => expectNothingRuns(project))
})

// A run of their own: one with all pools takes minutes in a guest.
describe.each(oneVitest)('pools of each kind', (version) => {
  const pools = ['cold', 'processes', 'killed']
  const project = seedSuite(version, {
    ...fixture('limits'),
    'cold/fills.test.ts': fills,
    'cold/good.test.ts': passes,
    'processes/good.test.ts': passes,
    'killed/a.test.ts': passes,
    'killed/b.test.ts': fills,
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, onlyProjects(pools))
  })

  test('of several files in one worker the one that was killed is named', () => {
    expect(run.stderr).toMatch(
      /NsboxError: killed\/b\.test\.ts: killed by its memory cap of 160 MiB \(peak [\d.]+ [MG]iB\) in test 'fills'$/m,
    )
    expect(run.tests).toMatchObject({ 'killed/a.test.ts > passes': 'passed' })
  })

  test('a worker that starts as a fresh node is limited too', () => {
    expect(run.stderr).toMatch(/cold\/fills\.test\.ts: killed by its memory cap of 256 MiB \(peak [\d.]+ [MG]iB\) in test 'fills'$/m)
    expect(run.tests).toMatchObject({ 'cold/good.test.ts > passes': 'passed' })
  })

  test('more processes than are allowed cannot be had; root cannot be held without a cgroup, and is told', async () => {
    const isHeld = process.getuid?.() !== 0 || (await emulatedHere({ memory: '1G' })).length === 0
    expect(run.tests).toMatchObject({ 'processes/good.test.ts > passes': 'passed' })
    if (isHeld) expect(run.tests, run.output).toMatchObject({ 'processes/forks.test.ts > forks': 'passed' })
    else expect(run.stderr).toMatch(/NsboxError: processes\/forks\.test\.ts: pids cannot be held without a cgroup/)
  })
})
