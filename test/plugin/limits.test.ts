// Limits of workers, by whatever holds them here: what they do is the same, and named.

import { availableParallelism } from 'node:os'
import { beforeAll, describe, expect, test } from 'vitest'
import { nsbox } from '../support/command.ts'
import { emulatedHere } from '../support/limit-mechanism.ts'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const passes = testFile(`test('passes', () => {})`)
const fill = 'const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1))'
/** Wants a whole processor for longer than its time limit. */
const burns = testFile(`describe('suite', () => { test('burns', async () => {
  const end = Date.now() + 3000
  while (Date.now() < end) { const slice = Date.now() + 5; while (Date.now() < slice); await new Promise((resolve) => setTimeout(resolve)) }
}, 1000) })`)
const tellsProcessors = testFile(`import { availableParallelism } from 'node:os'
test('tells', () => { process.stdout.write('processors ' + expect.getState().testPath.split('/').at(-1) + ' ' + availableParallelism() + '\\n') })`)

/** Makes vitest run a file before smaller ones. */
const larger = (size: number) => `// ${'-'.repeat(size)}\n`

/** Prints the `meta.nsbox` of each file. */
const metaReporter = `export default class {
  onTestModuleEnd(module) { process.stdout.write('meta ' + module.relativeModuleId + ' ' + JSON.stringify(module.meta().nsbox ?? null) + '\\n') }
}\n`

function metaOf(run: VitestRun, file: string): Record<string, unknown> {
  const [, json = 'null'] = new RegExp(`^meta ${file.replaceAll('.', '\\.')} (.*)$`, 'm').exec(run.stdout) ?? []
  return JSON.parse(json)
}

function runWithMeta(project: Project): Promise<VitestRun> {
  return vitestRun(project, ['--reporter=./meta-reporter.js'])
}

describe.each(vitestVersions)('$name', (version) => {
  describe('caps', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': nsboxConfig({
        test: "pool: 'nsbox', maxWorkers: 2",
        options: `hangTimeout: 1000, rules: [
          { files: 'src/*.test.ts', memory: '128M' }, { files: '**/*.slow.test.ts', cpu: 0.2 }, { files: ['src/free.test.ts'], memory: null },
        ]`,
      }),
      'meta-reporter.js': metaReporter,
      'src/fills.test.ts': testFile(`test('first', () => {}); describe('suite', () => { test('parses', () => { ${fill} }) })`),
      'src/imports.test.ts': testFile(`${fill}; test('never runs', () => {})`),
      'src/sets-up.test.ts': testFile(`beforeAll(() => { ${fill} }); test('never runs', () => {})`),
      'src/tears-down.test.ts': testFile(`afterAll(() => { ${fill} }); test('last', () => {})`),
      'src/crashes.test.ts': testFile(`test('crashes', () => { process.kill(process.pid, 'SIGSEGV') })`),
      'src/good.test.ts': passes,
      'src/free.test.ts': testFile(`test('takes more', () => { expect(Buffer.alloc(200 << 20, 1).length).toBe(200 << 20) })`),
      'burns.slow.test.ts': burns,
      'loops.slow.test.ts': testFile(`test('never ends', () => { for (;;); })`),
      'burns.test.ts': burns,
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await runWithMeta(project)
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
      [
        'by a loop',
        /loops\.slow\.test\.ts: the event loop has been blocked for 6 s in test 'never ends' \([\d.]+ s wall, [\d.]+ s CPU, throttled [\d.]+ s\)/,
      ],
    ])('a worker that ends %s is named with file and test', (_, said) => {
      expect(run.stderr).toMatch(said)
    })

    const saidOf = (file: string) =>
      run.stderr
        .slice(run.stderr.indexOf(`FAIL  ${file} > suite > burns\n`))
        .split('\n', 3)
        .join('\n')

    test('a test that times out has its times where it was held back', () => {
      const times = /timed out in 1000ms \(\d+\.\d s wall, \d+\.\d s CPU, throttled \d+\.\d s\)\.\n/
      expect(saidOf('burns.slow.test.ts')).toMatch(times)
      expect(saidOf('burns.test.ts')).toMatch(/timed out in 1000ms\.\n/)
    })

    test('the other files keep their results', () => {
      expect(run.tests).toMatchObject({ 'src/good.test.ts > passes': 'passed', 'src/free.test.ts > takes more': 'passed' })
    })

    test('reporters read what each file has used, and how it was held', async () => {
      expect(metaOf(run, 'src/good.test.ts')).toMatchObject({
        cpuMs: expect.any(Number),
        memoryPeakBytes: expect.any(Number),
        limits: { memory: expect.stringMatching(/^(cgroup memory\.max|emulated by polling PSS, and SIGKILL)$/) },
      })
      expect(metaOf(run, 'burns.slow.test.ts')).toMatchObject({ throttledMs: expect.any(Number), limits: { cpu: expect.any(String) } })
      expect(metaOf(run, 'src/free.test.ts')).toMatchObject({ limits: {} })
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

  test.each([
    ['one after the other', 'maxWorkers: 1'],
    ['shared out', 'maxWorkers: 2'],
  ])('without isolation each file has its own limits, %s', async (_, workers) => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({
        test: `pool: 'nsbox', isolate: false, ${workers}`,
        options: "limitsBy: 'emulation', rules: [{ files: 'b*', cpus: '0' }, { files: 'd*', memory: '160M' }]",
      }),
      'meta-reporter.js': metaReporter,
      'a.test.ts': larger(4000) + tellsProcessors,
      'b.test.ts': larger(3000) + tellsProcessors,
      'c.test.ts': larger(2000) + tellsProcessors,
      'd.test.ts': larger(1000) + passes,
    })
    const run = await runWithMeta(project)
    expect(run.exitCode, run.output).toBe(0)
    const processors = (file: string) => Number(new RegExp(`^processors ${file} (\\d+)$`, 'm').exec(run.stdout)?.[1])
    expect({ a: processors('a.test.ts'), b: processors('b.test.ts'), c: processors('c.test.ts') }).toEqual({
      a: availableParallelism(),
      b: 1,
      c: availableParallelism(),
    })
    expect(metaOf(run, 'b.test.ts')).toMatchObject({ limits: { cpus: 'sched_setaffinity' } })
    expect(metaOf(run, 'c.test.ts')).toHaveProperty('limits', {})
    expect(metaOf(run, 'd.test.ts')).toHaveProperty('limits', { memory: 'emulated by polling PSS, and SIGKILL' })
  })

  test('of several files in one worker the one that was killed is named', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({
        test: "pool: 'nsbox', isolate: false, maxWorkers: 1",
        options: "rules: [{ files: 'b*', memory: '160M' }]",
      }),
      'a.test.ts': larger(2000) + passes,
      'b.test.ts': testFile(`test('fills', () => { ${fill} })`),
    })
    const run = await vitestRun(project)
    expect(run.stderr).toMatch(/NsboxError: b\.test\.ts: killed by its memory cap of 160 MiB \(peak [\d.]+ [MG]iB\) in test 'fills'$/m)
    expect(run.tests).toMatchObject({ 'a.test.ts > passes': 'passed' })
  })

  test('a worker that starts as a fresh node is limited too', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: "launch: 'cold', memory: '256M'" }),
      'fills.test.ts': testFile(`test('fills', () => { ${fill} })`),
      'good.test.ts': passes,
    })
    const run = await vitestRun(project)
    expect(run.stderr).toMatch(/fills\.test\.ts: killed by its memory cap of 256 MiB \(peak [\d.]+ [MG]iB\) in test 'fills'$/m)
    expect(run.tests).toMatchObject({ 'good.test.ts > passes': 'passed' })
  })

  test('files that overlays keep have an end', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: "disk: '16M'" }),
      'writes.test.ts': testFile(`import { writeFileSync } from 'node:fs'
test.each(['here', '/tmp/there'])('writes %s', (file) => { expect(() => writeFileSync(file, Buffer.alloc(32 << 20))).toThrow('ENOSPC') })`),
    })
    const run = await vitestRun(project)
    // A tmpfs before Linux 6.6 cannot serve an overlay, and what lies on disk has no end.
    if (run.output.includes('disk cannot be limited here')) expect(run.exitCode).toBe(1)
    else expect(run.exitCode, run.output).toBe(0)
  })

  describe('processes', () => {
    const files = {
      'vitest.config.ts': nsboxConfig({ options: "rules: [{ files: 'forks*', pids: 60 }]" }),
      'forks.test.ts': testFile(`import { spawn } from 'node:child_process'
test('forks', async () => {
  const begins = (resolve) => spawn('sleep', ['60']).once('spawn', () => resolve('runs')).once('error', ({ code }) => resolve(code))
  const ends = await Promise.all(Array.from({ length: 80 }, () => new Promise(begins)))
  expect(new Set(ends)).toEqual(new Set(['runs', 'EAGAIN']))
}, 60_000)`),
      'good.test.ts': passes,
    }

    test('more than are allowed cannot be had; root cannot be held without a cgroup, and is told', async () => {
      const run = await vitestRun(seedTest(version, files))
      const isHeld = process.getuid?.() !== 0 || (await emulatedHere({ memory: '1G' })).length === 0
      expect(run.tests).toMatchObject({ 'good.test.ts > passes': 'passed' })
      if (isHeld) expect(run.tests, run.output).toMatchObject({ 'forks.test.ts > forks': 'passed' })
      else expect(run.stderr).toMatch(/NsboxError: forks\.test\.ts: pids cannot be held without a cgroup/)
    })
  })

  describe('a limit that cannot be held', () => {
    const files = { 'a.test.ts': passes, 'b.test.ts': passes }
    const unheld = (options: string) => ({ 'vitest.config.ts': nsboxConfig({ options: `limitsBy: 'emulation', ${options}` }), ...files })

    test('stops the run where every file has it', async () => {
      const run = await vitestRun(seedTest(version, unheld("memoryHigh: '64M'")))
      expect(run.stderr).toContain("memoryHigh cannot be limited here: no cgroup with the controller memory (limitsBy is 'emulation')")
      expect(run.tests).toEqual({})
      expect(run.exitCode).toBe(1)
    })

    test('fails the file that has it by a rule', async () => {
      const run = await vitestRun(seedTest(version, unheld("rules: [{ files: 'a*', memoryHigh: '64M' }]")))
      expect(run.stderr).toContain('NsboxError: a.test.ts: memoryHigh cannot be limited here')
      expect(Object.entries(run.tests).filter(([, status]) => status === 'passed')).toEqual([['b.test.ts > passes', 'passed']])
      expect(run.exitCode).toBe(1)
    })

    test('is said once where the seal prefers', async () => {
      const run = await vitestRun(seedTest(version, unheld("seal: 'prefer', memoryHigh: '64M', memory: '1G'")))
      expect(run.output.match(/nsbox: not sealed here: memoryHigh: memoryHigh cannot be limited here/g)).toHaveLength(1)
      expect(run.output).toContain("limits are emulated here (memory by polling PSS, and SIGKILL): no cgroup: limitsBy is 'emulation'")
      expect(run.exitCode, run.output).toBe(0)
    })
  })

  test.each([
    ['a size', "rules: [{ files: '**', memory: 'much' }]", ['nsbox(): rules.0.memory is "much"', 'such as 64M']],
    ['a name', "rules: [{ files: '**', memmory: '1G' }]", ['unknown option "rules.0.memmory" (did you mean "memory"?)', 'files, cpu,']],
    ['no files', "rules: [{ memory: '1G' }]", ['rules.0.files is undefined', 'a glob']],
    ['a processor', "rules: [{ files: '**', cpus: '8000' }]", ['rules.0.cpus is "8000"', 'this process may run on']],
    ['a share', 'cpu: 0.001', ['cpu is 0.001', 'take a longer period: 0.001/1000ms']],
  ])('%s that is wrong stops the run', async (_, options, said) => {
    const run = await vitestRun(seedTest(version, { 'vitest.config.ts': nsboxConfig({ options }), 'a.test.ts': passes }))
    for (const words of said) expect(run.stderr).toContain(words)
    expect(run.tests).toEqual({})
    expect(run.exitCode).toBe(1)
  })

  test('words of `nsbox vitest` limit too, and rules are not among them', async () => {
    const { root, home } = seedTest(version, { 'vitest.config.ts': 'export default {}\n', 'burns.test.ts': burns })
    const options = { cwd: root, home, killAfter: 60_000 }
    const capped = await nsbox(['vitest', 'run', '--nsbox.cpu=0.25'], options)
    expect(capped.stderr).toMatch(/timed out in 1000ms \(\d+\.\d s wall, \d+\.\d s CPU, throttled \d+\.\d s\)/)
    const ruled = await nsbox(['vitest', 'run', '--nsbox.rules=all'], options)
    expect(ruled.stderr).toContain('rules cannot be given as a word: vitest.config.ts has it, in nsbox({ rules: … })')
    expect(ruled.exitCode).not.toBe(0)
  })
})
