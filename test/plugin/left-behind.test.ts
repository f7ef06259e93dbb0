// What test files leave behind: told after the run, in JSON and in their meta; and what fails them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ReportedFile } from '../../plugin/run-report.ts'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const imports = `import { execSync, spawn } from 'node:child_process'; import { createSocket } from 'node:dgram'
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'; import { createServer } from 'node:net'\n`
const leaves = (body: string) => testFile(imports + body)

const startsProcess = `test('starts', () => { spawn('sleep', ['60']) })`
const opensPort = `test('listens', async () => { await new Promise((up) => createServer().listen(4000, up)) })`
const passes = leaves(`test('passes', () => {})`)

/** Prints the `meta.nsbox` of each file. */
const metaReporter = `export default class {
  onTestModuleEnd(module) { process.stdout.write('meta ' + module.relativeModuleId + ' ' + JSON.stringify(module.meta().nsbox ?? null) + '\\n') }
}\n`

function metaOf(run: VitestRun, file: string): unknown {
  return JSON.parse(new RegExp(`^meta ${file.replaceAll('.', '\\.')} (.*)$`, 'm').exec(run.stdout)?.[1] ?? 'null')
}

function reported(project: Project, path = 'report.json'): Record<string, ReportedFile> {
  const { version, files } = JSON.parse(readFileSync(join(project.root, path), 'utf8')) as { version: number; files: ReportedFile[] }
  expect(version).toBe(1)
  return Object.fromEntries(files.map((file) => [file.file, file]))
}

/** The section on the terminal; empty where there is none. */
function sectionOf({ stderr }: Pick<VitestRun, 'stderr'>): string {
  return /^nsbox: \d+ of \d+ test files? left something behind:\n(?: {2}.*\n)*/m.exec(stderr)?.[0] ?? ''
}

const withReport = (options = '', test = "pool: 'nsbox'") => nsboxConfig({ test, options: `reportFile: 'report.json', ${options}` })

describe.each(vitestVersions)('$name', (version) => {
  describe('of every kind', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': withReport(),
      'meta-reporter.js': metaReporter,
      'kept.txt': 'kept',
      'gone.txt': 'gone',
      'processes.test.ts': leaves(`describe('suite', () => {
  ${startsProcess}
  test('starts what starts another', () => { spawn('sh', ['-c', 'sleep 61; true']) })
  test('rests', () => new Promise((over) => setTimeout(over, 60)))
  test('starts a daemon', async () => { await new Promise((over) => setTimeout(over, 40)); execSync('sleep 62 > /dev/null 2>&1 &'); const end = Date.now() + 50; while (Date.now() < end); })
})
test('cleans up', async () => { const one = spawn('sleep', ['63']); one.kill(); await new Promise((over) => one.once('exit', over)) })`),
      'ports.test.ts': leaves(`${opensPort}
test('binds', async () => { await new Promise((up) => createSocket('udp4').bind(4001, up)) })
test('closes', async () => { const one = createServer(); await new Promise((up) => one.listen(4002, up)); await new Promise((down) => one.close(down)) })
test('starts a server', async () => {
  const program = "require('node:net').createServer().listen(4003, () => console.log('up'))"
  const { stdout } = spawn(process.execPath, ['-e', program]); await new Promise((up) => stdout.once('data', up))
})`),
      'writes.test.ts': leaves(`test('writes', () => {
  writeFileSync('new.txt', ''); appendFileSync('kept.txt', ' and more'); rmSync('gone.txt'); mkdirSync('made/empty', { recursive: true })
  mkdirSync('made/full'); writeFileSync('made/full/one.txt', ''); writeFileSync(process.env.HOME + '/.rc', ''); writeFileSync('/tmp/mine', '')
  writeFileSync('passing.txt', ''); rmSync('passing.txt')
})`),
      'late.test.ts': leaves(`let child; let server
test('uses both', async () => { child = spawn('sleep', ['60']); server = createServer(); await new Promise((up) => server.listen(4000, up)) })
afterAll(() => { child.kill(); server.close() })`),
      'passes.test.ts': passes,
    })
    let run: VitestRun
    let files: Record<string, ReportedFile>
    beforeAll(async () => {
      run = await vitestRun(project, ['--reporter=./meta-reporter.js'])
      files = reported(project)
    })

    test('does not fail by itself', () => {
      expect(run.failures).toEqual({})
      expect(run.exitCode, run.output).toBe(0)
    })

    test('processes, with the test that started each', () => {
      const { processes } = files['processes.test.ts'] as ReportedFile
      const told = (processes ?? []).map(({ command, test: by }) => [command, by]).sort()
      expect(told).toEqual([
        ['sh -c sleep 61; true', 'suite > starts what starts another'],
        ['sleep 60', 'suite > starts'],
        ['sleep 61', 'suite > starts what starts another'],
        ['sleep 62', 'suite > starts a daemon'],
      ])
    })

    test('ports, with who has them and the test that opened each', () => {
      const { ports, processes } = files['ports.test.ts'] as ReportedFile
      const server = processes?.[0]?.pid
      expect(server).toBeGreaterThan(1)
      expect([...(ports ?? [])].sort((a, b) => a.port - b.port)).toEqual([
        { protocol: 'tcp', port: 4000, by: 'worker', test: 'listens' },
        { protocol: 'udp', port: 4001, by: 'worker', test: 'binds' },
        { protocol: 'tcp', port: 4003, by: server, test: 'starts a server' },
      ])
    })

    test('files, those of HOME too, and none of /tmp', () => {
      expect(files['writes.test.ts']?.written).toEqual([
        { path: 'gone.txt', kind: 'deleted' },
        { path: 'kept.txt', kind: 'modified' },
        { path: 'made/empty/', kind: 'added' },
        { path: 'made/full/one.txt', kind: 'added' },
        { path: 'new.txt', kind: 'added' },
        { path: '~/.rc', kind: 'added' },
      ])
      expect(project.list()).toContain('gone.txt')
    })

    test('what an after hook ended without waiting is not left', () => {
      expect(files['late.test.ts']).toMatchObject({ processes: [], ports: [], written: [] })
    })

    test('a file that left nothing has its usage', () => {
      expect(files['passes.test.ts']).toMatchObject({
        project: '',
        cpuMs: expect.any(Number),
        memoryPeakBytes: expect.any(Number),
        countedBy: 'getrusage',
        limits: {},
        written: [],
        writtenMore: 0,
        writtenComplete: true,
        processes: [],
        ports: [],
        refused: [],
        caps: [],
      })
    })

    test('reporters read the same in the meta of each file', () => {
      for (const [name, { file, project: ofProject, ...report }] of Object.entries(files)) {
        expect([file, ofProject]).toEqual([name, ''])
        expect(metaOf(run, name)).toEqual(report)
      }
    })

    test('the section names those files and no others', () => {
      const section = sectionOf(run)
      expect(section).toMatch(/^nsbox: 3 of 5 test files left something behind:\n/)
      expect(section.match(/^ {2}\S+$/gm)).toEqual(['  ports.test.ts', '  processes.test.ts', '  writes.test.ts'])
      expect(section).toMatch(/^ {4}process {2}sleep 60 \(pid \d+\), started in 'suite > starts'$/m)
      expect(section).toMatch(/^ {4}port {5}tcp 4000 of the worker, opened in 'listens'$/m)
      expect(section).toMatch(/^ {4}wrote {4}gone\.txt \(deleted\)$/m)
      expect(section).toMatch(/^ {4}… 1 more in report\.json$/m)
    })

    test('nothing is left running', () => expectNothingRuns(project))
  })

  test('nothing is said of what vitest and its tools write, nor of a clean suite', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': withReport('', "pool: 'nsbox', attachmentsDir: './attached', coverage: { enabled: true, provider: 'v8' }"),
      'snapshots.test.ts': testFile(`
test('all kinds', async () => {
  expect({ a: 1 }).toMatchSnapshot()
  expect({ a: 1 }).toMatchInlineSnapshot()
  await expect('text').toMatchFileSnapshot('./made/for/it.txt')
})`),
      'attaches.test.ts': leaves(
        `test('attaches', async ({ annotate }) => { writeFileSync('made.txt', ''); await annotate('made', { path: './made.txt' }) })`,
      ),
      'caches.test.ts': leaves(`test('caches', () => {
  for (const at of ['node_modules/.vite/deps', 'node_modules/.cache/tool', process.env.HOME + '/.cache/tool']) {
    mkdirSync(at, { recursive: true }); writeFileSync(at + '/one', '')
  }
})`),
      'passes.test.ts': passes,
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.stderr).not.toContain('left something behind')
    for (const { file, written } of Object.values(reported(project))) expect([file, written]).toEqual([file, []])
  })

  describe('what fails a file', () => {
    const files = {
      'process.test.ts': leaves(startsProcess),
      'port.test.ts': leaves(opensPort),
      'write.test.ts': leaves(`test('writes', () => { mkdirSync('out'); writeFileSync('out/one.txt', '') })`),
      'asked.test.ts': `// @nsbox ${'failOnWrite'}\n${leaves(`test('writes', () => { writeFileSync('two.txt', '') })`)}`,
      'passes.test.ts': passes,
    }

    test('strict fails all that leak, in every report, and the fix is said', async () => {
      const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options: 'strict: true' }), ...files })
      const junit = join(project.scratch, 'junit.xml')
      const run = await vitestRun(project, ['--reporter=junit', `--outputFile.junit=${junit}`])
      expect(run.exitCode, run.output).toBe(1)
      const failed = { 'process.test.ts': 'failed', 'port.test.ts': 'failed', 'write.test.ts': 'failed', 'asked.test.ts': 'failed' }
      expect(run.files).toEqual({ ...failed, 'passes.test.ts': 'passed' })
      expect(Object.values(run.tests)).toEqual(Array(5).fill('passed'))
      expect(run.stdout).toMatch(/Test Files +4 failed \| 1 passed \(5\)/)
      expect(run.stderr).toMatch(
        /NsboxError: process\.test\.ts left something behind:\n {2}process {2}sleep 60 \(pid \d+\), started in 'starts'\n/,
      )
      expect(run.stderr).toMatch(/port {5}tcp 4000 of the worker, opened in 'listens'\nFix: close each server and await it/)
      expect(run.failures['write.test.ts']).toContain('wrote    out/one.txt (added)')
      expect(readFileSync(junit, 'utf8').match(/<failure /g)).toHaveLength(4)
    })

    test('failOnWrite by a docblock and by rules; what is expected is no write', async () => {
      const options = "expectedWrites: ['out/**'], report: false, rules: [{ files: 'writ*', failOnWrite: true }]"
      const project = seedTest(version, {
        'vitest.config.ts': nsboxConfig({ options }),
        ...files,
        'written.test.ts': leaves(`test('writes', () => { writeFileSync('three.txt', '') })`),
      })
      const run = await vitestRun(project)
      expect(run.exitCode, run.output).toBe(1)
      const others = { 'process.test.ts': 'passed', 'port.test.ts': 'passed', 'write.test.ts': 'passed', 'passes.test.ts': 'passed' }
      expect(run.files).toEqual({ ...others, 'asked.test.ts': 'failed', 'written.test.ts': 'failed' })
      expect(run.failures['asked.test.ts']).toContain('wrote    two.txt (added)')
      expect(sectionOf(run)).toBe('')
    })

    test('only what strict names', async () => {
      const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options: "strict: ['ports']" }), ...files })
      const run = await vitestRun(project)
      expect(Object.entries(run.files).filter(([, status]) => status === 'failed')).toEqual(
        expect.arrayContaining([
          ['port.test.ts', 'failed'],
          ['asked.test.ts', 'failed'],
        ]),
      )
      expect(run.files).toMatchObject({ 'process.test.ts': 'passed', 'write.test.ts': 'passed' })
    })
  })

  test('of a worker that was killed, what it wrote', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': withReport("rules: [{ files: 'fills*', memory: '128M' }]"),
      'crashes.test.ts': leaves(`test('crashes', () => { writeFileSync('before.txt', ''); process.kill(process.pid, 'SIGSEGV') })`),
      'fills.test.ts': leaves(
        `test('fills', () => { writeFileSync('filled.txt', ''); const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)) })`,
      ),
      'passes.test.ts': passes,
    })
    const run = await vitestRun(project)
    expect(run.exitCode).toBe(1)
    expect(reported(project)).toMatchObject({
      'crashes.test.ts': { written: [{ path: 'before.txt', kind: 'added' }], processes: null, ports: null, caps: [] },
      'fills.test.ts': {
        written: [{ path: 'filled.txt', kind: 'added' }],
        caps: [{ limit: 'memory', words: expect.stringMatching(/^killed by its memory cap of 128 MiB/) }],
      },
      'passes.test.ts': { written: [] },
    })
    expect(sectionOf(run)).toMatch(/fills\.test\.ts\n {4}cap {6}memory: killed by its memory cap/)
  })

  test('without isolation each file is told what it added', async () => {
    const larger = (size: number) => `// ${'-'.repeat(size)}\n`
    const project = seedTest(version, {
      'vitest.config.ts': withReport('', "pool: 'nsbox', isolate: false, maxWorkers: 1"),
      'a.test.ts': larger(4000) + leaves(`${startsProcess}; ${opensPort}; test('writes', () => { writeFileSync('a.txt', '') })`),
      'b.test.ts': larger(2000) + passes,
      'c.test.ts': leaves(`test('writes', () => { writeFileSync('a.txt', 'again'); writeFileSync('c.txt', ''); spawn('sleep', ['61']) })`),
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    const told = Object.values(reported(project)).map(({ file, written, processes, ports }) => [
      file,
      written?.map(({ path }) => path),
      processes?.map(({ command }) => command),
      ports?.map(({ port }) => port),
    ])
    expect(told).toEqual([
      ['a.test.ts', ['a.txt'], ['sleep 60'], [4000]],
      ['b.test.ts', [], [], []],
      ['c.test.ts', ['a.txt', 'c.txt'], ['sleep 61'], []],
    ])
  })

  test('watch mode tells of each run by itself', async () => {
    const project = seedTest(version, { 'a.test.ts': leaves(startsProcess), 'b.test.ts': leaves(opensPort) })
    const vitest = startVitest(project, ['watch'])
    const over = /left something behind:\n(?: {2}.*\n)+/
    await vitest.said(over)
    await vitest.said(/for file changes/)
    expect(vitest.output()).toContain('nsbox: 2 of 2 test files left something behind:')
    const first = vitest.output().length
    project.write('b.test.ts', leaves(`${opensPort} // again`))
    await vitest.said(over, first)
    await vitest.said(/for file changes/, first)
    expect(vitest.output().slice(first)).toContain('nsbox: 1 of 1 test file left something behind:\n  b.test.ts\n')
    const second = vitest.output().length
    project.write('b.test.ts', passes)
    await vitest.said(/for file changes/, second)
    expect(vitest.output().slice(second)).not.toContain('left something behind')
    vitest.child.kill('SIGINT')
    await vitest.done
  })

  test('projects share one section and one file', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': withReport(
        '',
        `projects: [
        { extends: true, test: { name: 'one', include: ['one/*.test.ts'], pool: 'nsbox' } },
        { extends: true, test: { name: 'two', include: ['two/*.test.ts'], pool: 'nsbox' } },
      ]`,
      ),
      'one/a.test.ts': leaves(startsProcess),
      'two/b.test.ts': leaves(opensPort),
      'two/c.test.ts': passes,
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.stderr.match(/left something behind/g)).toHaveLength(1)
    expect(sectionOf(run)).toMatch(/^nsbox: 2 of 3 test files.*\n {2}\[one\] one\/a\.test\.ts\n.*\n {2}\[two\] two\/b\.test\.ts\n/)
    expect(Object.values(reported(project)).map(({ file, project: name }) => [file, name])).toEqual([
      ['one/a.test.ts', 'one'],
      ['two/b.test.ts', 'two'],
      ['two/c.test.ts', 'two'],
    ])
  })

  test('of very many files the first are named, and all are counted', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': withReport(),
      'many.test.ts': leaves(`test('writes', () => { mkdirSync('many'); for (let i = 0; i < 5000; i++) writeFileSync('many/' + i, '') })`),
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    const { 'many.test.ts': many } = reported(project)
    expect(many).toMatchObject({ writtenMore: 4000, writtenComplete: true })
    expect(many?.written).toHaveLength(1000)
    expect(sectionOf(run).split('\n').slice(2)).toEqual([
      ...['0', '1', '10', '100', '1000'].map((name) => `    wrote    many/${name} (added)`),
      '    … 4995 more in report.json',
      '',
    ])
  })

  test('a worker that starts as a fresh node is looked at too', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': withReport("launch: 'cold'"),
      'a.test.ts': leaves(`${startsProcess}; ${opensPort}; test('writes', () => { writeFileSync('a.txt', '') })`),
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(reported(project)['a.test.ts']).toMatchObject({
      written: [{ path: 'a.txt', kind: 'added' }],
      processes: [{ command: 'sleep 60', test: 'starts' }],
      ports: [{ protocol: 'tcp', port: 4000, by: 'worker', test: 'listens' }],
    })
  })

  test('with report: false nothing is said', async () => {
    const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options: 'report: false' }), 'a.test.ts': leaves(startsProcess) })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
    expect(run.stderr).not.toContain('left something behind')
  })
})
