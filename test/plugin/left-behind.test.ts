// What test files leave behind: told after the run, in JSON and in their meta; and what fails them.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ReportedFile } from '../../plugin/run-report.ts'
import { needProgram } from '../support/programs.ts'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, nsboxConfig, oneVitest, type Project, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('left-behind')
const passes = testFile(`test('passes', () => {})`)

/** The files of the fixture's directory `leaks`, in another directory. */
const leaksIn = (directory: string) =>
  Object.fromEntries(
    Object.entries(seeded).flatMap(([path, source]) => (path.startsWith('leaks/') ? [[path.replace('leaks', directory), source]] : [])),
  )

function reported(project: Project, path = 'report.json'): Record<string, ReportedFile> {
  const { version, files } = JSON.parse(readFileSync(join(project.root, path), 'utf8')) as { version: number; files: ReportedFile[] }
  expect(version).toBe(1)
  return Object.fromEntries(files.map((file) => [file.file, file]))
}

/** What a test does to hide the file, the process and the port that it leaves. `leave` leaves them, `id` is its file's. */
const hidings: Record<string, string> = {
  'no-result': `call('onTaskUpdate', [], [[id, 'suite-finished', {}]]); leave()`,
  'early-end': `call('onTaskUpdate', [[id, { state: 'pass' }, {}]], [[id, 'suite-failed-early', {}]]); leave()`,
  'nothing-left': `leave(); send({
    vitest: { t: 'q', m: 'onTaskUpdate', a: [[[id, { state: 'pass' }, {}]], [[id, 'suite-finished', {}]]] },
    left: { processes: [], ports: [], cpuMs: 1, memoryPeakBytes: 1 },
  })`,
  'later-result': `leave(); later(() => call('onTaskUpdate', [[id, { state: 'pass' }, {}]], []))`,
  'later-file': `leave(); later(() => call('onCollected', [Object.assign(fileOf(task.file), { mode: 'skip', result: { state: 'pass' } })]))`,
  'later-skip': `leave(); later(() => call('onUnhandledError', { code: 'VITEST_PENDING', taskId: id, message: 'x' }, 'Odd'))`,
  // Refusals are sent before the annotation.
  'queued-again': `leave(); await fetch('http://192.0.2.1:5/').catch(() => {}); await annotate('x'); call('onQueued', fileOf(task.file))`,
  // Whatever the worker itself would say.
  muted: `call('onTaskUpdate', [[id, { state: 'pass' }, {}], [task.id, { state: 'pass' }, {}]], [[task.id, 'test-finished', {}], [id, 'suite-finished', {}]])
  leave()
  finish()
  await wait()`,
}

const hiding = (body: string) =>
  testFile(`import { writeFileSync } from 'node:fs'; import { createServer } from 'node:net'; import { spawn } from 'node:child_process'
import { call, fileOf, finish, later, send, wait } from './channel'
const leave = () => { writeFileSync('left.txt', ''); createServer().listen(4567); spawn('sleep', ['1000']) }
test('hides', async ({ annotate, task }) => { const { id } = task.file; ${body} })`)

/** The section on the terminal; empty where there is none. */
function sectionOf({ stderr }: Pick<VitestRun, 'stderr'>): string {
  return /^nsbox: \d+ of \d+ test files? left something behind:\n(?: {2}.*\n)*/m.exec(stderr)?.[0] ?? ''
}

describe.each(vitestVersions)('$name', (version) => {
  describe('of every kind', () => {
    const project = seedSuite(version, { ...seeded, 'kinds/passes.test.ts': passes, 'tools/passes.test.ts': passes })
    let run: VitestRun
    let files: Record<string, ReportedFile>
    beforeAll(async () => {
      run = await vitestRun(project, ['--config=tools.config.ts'])
      files = reported(project)
    })

    test('does not fail by itself', () => {
      expect(run.failures).toEqual({})
      expect(run.exitCode, run.output).toBe(0)
    })

    test('processes, with the test that started each', () => {
      const { processes } = files['kinds/processes.test.ts'] as ReportedFile
      const told = (processes ?? []).map(({ command, test: by }) => [command, by]).sort()
      expect(told).toEqual([
        ['sh -c sleep 61; true', 'suite > starts what starts another'],
        ['sleep 60', 'suite > starts'],
        ['sleep 61', 'suite > starts what starts another'],
        ['sleep 62', 'suite > starts a daemon'],
      ])
    })

    test('ports, with who has them and the test that opened each', () => {
      const { ports, processes } = files['kinds/ports.test.ts'] as ReportedFile
      const server = processes?.[0]?.pid
      expect(server).toBeGreaterThan(1)
      expect([...(ports ?? [])].sort((a, b) => a.port - b.port)).toEqual([
        { protocol: 'tcp', port: 4000, by: 'worker', test: 'listens' },
        { protocol: 'udp', port: 4001, by: 'worker', test: 'binds' },
        { protocol: 'tcp', port: 4003, by: server, test: 'starts a server' },
      ])
    })

    test('files, those of HOME too, and none of /tmp', () => {
      expect(files['kinds/writes.test.ts']?.written).toEqual([
        { path: 'gone.txt', kind: 'deleted' },
        { path: 'kept.txt', kind: 'modified' },
        { path: 'made/empty/', kind: 'added' },
        { path: 'made/full/one.txt', kind: 'added' },
        { path: 'new.txt', kind: 'added' },
        { path: '~/.rc', kind: 'added' },
      ])
      expect(project.list()).toContain('gone.txt')
    })

    test('very many files: the first are named, and all are counted', () => {
      const many = files['kinds/many.test.ts']
      expect(many).toMatchObject({ writtenMore: 100, writtenComplete: true })
      expect(many?.written).toHaveLength(1000)
      const [, lines] = sectionOf(run).split('  kinds/many.test.ts\n')
      expect(lines?.split('\n').slice(0, 6)).toEqual([
        ...['0', '1', '10', '100', '1000'].map((name) => `    wrote    many/${name} (added)`),
        '    … 1095 more in report.json',
      ])
    })

    test('what an after hook ended without waiting is not left', () => {
      expect(files['kinds/late.test.ts']).toMatchObject({ processes: [], ports: [], written: [] })
    })

    test('a file that left nothing has its usage', () => {
      expect(files['kinds/passes.test.ts']).toMatchObject({
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
        expect(run.meta[name]).toEqual(report)
      }
    })

    test('nothing is said of what vitest and its tools write', () => {
      const ofTools = Object.values(files).filter(({ file }) => file.startsWith('tools/'))
      expect(ofTools).toHaveLength(4)
      for (const { file, written } of ofTools) expect([file, written]).toEqual([file, []])
    })

    test('the section names those files and no others', () => {
      const section = sectionOf(run)
      expect(section).toMatch(/^nsbox: 4 of 10 test files left something behind:\n/)
      expect(section.match(/^ {2}\S+$/gm)).toEqual(['many', 'ports', 'processes', 'writes'].map((name) => `  kinds/${name}.test.ts`))
      expect(section).toMatch(/^ {4}process {2}sleep 60 \(pid \d+\), started in 'suite > starts'$/m)
      expect(section).toMatch(/^ {4}port {5}tcp 4000 of the worker, opened in 'listens'$/m)
      expect(section).toMatch(/^ {4}wrote {4}gone\.txt \(deleted\)$/m)
      expect(section).toMatch(/^ {4}… 1 more in report\.json$/m)
    })

    test('nothing is left running', () => expectNothingRuns(project))
  })

  describe('what fails a file', () => {
    const project = seedSuite(version, {
      ...seeded,
      ...leaksIn('all'),
      ...leaksIn('ports'),
      ...leaksIn('ruled'),
      'ruled/written.test.ts': testFile(
        `import { writeFileSync } from 'node:fs'; test('writes', () => { writeFileSync('three.txt', '') })`,
      ),
    })
    const junit = join(project.scratch, 'junit.xml')
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project, ['--config=strict.config.ts', '--reporter=junit', `--outputFile.junit=${junit}`])
    })

    const statuses = (directory: string) => {
      const files = Object.entries(run.files).filter(([file]) => file.startsWith(`${directory}/`))
      return Object.fromEntries(files.map(([file, status]) => [file.slice(directory.length + 1, -'.test.ts'.length), status]))
    }

    test('strict fails all that leak, and the fix is said', () => {
      const failed = { process: 'failed', port: 'failed', write: 'failed', asked: 'failed' }
      expect(statuses('all'), run.output).toEqual({ ...failed, passes: 'passed' })
      expect(run.stderr).toMatch(
        /NsboxError: all\/process\.test\.ts left something behind:\n {2}process {2}sleep 60 \(pid \d+\), started in 'starts'\n/,
      )
      expect(run.stderr).toMatch(/port {5}tcp 4000 of the worker, opened in 'listens'\nFix: close each server and await it/)
      expect(run.failures['all/write.test.ts']).toContain('wrote    out/one.txt (added)')
    })

    test('failOnWrite by a docblock and by rules; what is expected is no write', () => {
      const others = { process: 'passed', port: 'passed', write: 'passed', passes: 'passed' }
      expect(statuses('ruled'), run.output).toEqual({ ...others, asked: 'failed', written: 'failed' })
      expect(run.failures['ruled/asked.test.ts']).toContain('wrote    two.txt (added)')
    })

    test('only what strict names', () => {
      const others = { process: 'passed', write: 'passed', passes: 'passed' }
      expect(statuses('ports'), run.output).toEqual({ ...others, port: 'failed', asked: 'failed' })
    })

    test('files fail in every report, and their tests pass', () => {
      expect(Object.values(run.tests)).toEqual(Array(16).fill('passed'))
      expect(run.stdout).toMatch(/Test Files +8 failed \| 8 passed \(16\)/)
      expect(readFileSync(junit, 'utf8').match(/<failure /g)).toHaveLength(8)
      expect(run.exitCode).toBe(1)
    })

    test('with report: false nothing is said at the end', () => {
      expect(sectionOf(run)).toBe('')
      expect(run.output).not.toMatch(/test files? left something behind/)
    })
  })

  describe('a file that hides what it leaves', () => {
    const project = seedSuite(version, {
      'channel.ts': fixture('forged')['channel.ts'] as string,
      'vitest.config.ts': nsboxConfig({
        options: `strict: true, reportFile: 'report.json'`,
        test: "pool: 'nsbox', testTimeout: 60_000",
      }),
      ...Object.fromEntries(Object.entries(hidings).map(([name, body]) => [`${name}.test.ts`, hiding(body)])),
      'skipped.test.ts': testFile(`import { writeFileSync } from 'node:fs'; writeFileSync('left.txt', ''); test.skip('skipped', () => {})`),
      'passes.test.ts': passes,
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test.each([...Object.keys(hidings), 'skipped'])('%s: fails, and is told of', (name) => {
      expect(run.output).toContain(`NsboxError: ${name}.test.ts left something behind:`)
      expect(run.files[`${name}.test.ts`]).toBe('failed')
      expect(reported(project)[`${name}.test.ts`]).toMatchObject({ written: [{ path: 'left.txt', kind: 'added' }] })
    })

    test('processes and ports are seen where the worker names none', () => {
      const [, lines = ''] = run.output.split('NsboxError: muted.test.ts left something behind:\n')
      expect(lines).toMatch(
        /^ {2}process {2}sleep 1000 \(pid \d+\)\n {2}port {5}tcp 4567 of the worker\n {2}wrote {4}left\.txt \(added\)\n/,
      )
    })

    test('what was refused before the file was queued again', () => {
      const [, lines = ''] = run.output.split('NsboxError: queued-again.test.ts left something behind:\n')
      expect(lines.split('\nFix: ')[0]).toContain('refused  192.0.2.1:5')
    })

    test('others pass', () => {
      expect(run.files['passes.test.ts'], run.output).toBe('passed')
      expect(run.exitCode).toBe(1)
    })
  })

  test('watch mode tells of each run by itself, and nothing of a clean one', async () => {
    const project = seedTest(version, {
      ...seeded,
      'watched/a.test.ts': seeded['leaks/process.test.ts'] as string,
      'watched/b.test.ts': seeded['leaks/port.test.ts'] as string,
    })
    const vitest = startVitest(project, ['watch', 'watched'])
    const over = /left something behind:\n(?: {2}.*\n)+/
    await vitest.said(over)
    await vitest.said(/for file changes/)
    expect(vitest.output()).toContain('nsbox: 2 of 2 test files left something behind:')
    const first = vitest.output().length
    project.write('watched/b.test.ts', `${seeded['leaks/port.test.ts']}// again\n`)
    await vitest.said(over, first)
    await vitest.said(/for file changes/, first)
    expect(vitest.output().slice(first)).toContain('nsbox: 1 of 1 test file left something behind:\n  watched/b.test.ts\n')
    const second = vitest.output().length
    project.write('watched/b.test.ts', passes)
    await vitest.said(/for file changes/, second)
    expect(vitest.output().slice(second)).not.toContain('left something behind')
    vitest.child.kill('SIGINT')
    await vitest.done
  })
})

describe.each(oneVitest)('a repository of git', (version) => {
  const writes = (body: string) =>
    testFile(`import { mkdirSync, writeFileSync } from 'node:fs'; import { homedir } from 'node:os'; test('writes', () => { ${body} })`)
  const project = seedSuite(version, {
    '.gitignore': 'dist/\nnode_modules/\n',
    'kept.txt': 'kept\n',
    'a.test.ts': writes(`
      for (const directory of ['dist', 'generated']) mkdirSync(directory)
      for (let n = 0; n < 41; n++) for (const directory of ['dist', 'generated']) writeFileSync(directory + '/' + n, '')
    `),
    'b.test.ts': writes(
      `mkdirSync('dist'); writeFileSync('dist/0', ''); writeFileSync('kept.txt', 'other'); writeFileSync(homedir() + '/.rc', '')`,
    ),
  })

  test('what it ignores is counted, and the globs to expect all of it are printed: with them nothing is said', async (context) => {
    needProgram(context, 'git')
    execFileSync('git', ['-C', project.root, 'init', '--quiet'])
    const run = await vitestRun(project)
    expect(sectionOf(run)).toBe(`nsbox: 2 of 2 test files left something behind:
  a.test.ts
    wrote    41 files ignored by git
    wrote    generated/0 (added)
    … 40 more (reportFile: 'nsbox-report.json' has all)
  b.test.ts
    wrote    1 file ignored by git
    wrote    kept.txt (modified)
    … 1 more (reportFile: 'nsbox-report.json' has all)
  To expect these writes: expectedWrites: ['dist/**', 'generated/**', 'kept.txt', '~/.rc']
`)
    const [, globs = ''] = /expectedWrites: (\[.*\])/.exec(sectionOf(run)) ?? []
    project.write('vitest.config.ts', nsboxConfig({ options: `expectedWrites: ${globs}, strict: ['writes']` }))
    const again = await vitestRun(project)
    expect(again.exitCode, again.output).toBe(0)
    expect(sectionOf(again)).toBe('')
  })
})

describe.each(oneVitest)('what an earlier file left', (version) => {
  const old = `const { spawn } = require('node:child_process')
process.stdin.once('data', () => {
  spawn('sleep', ['61'])
  spawn('sh', ['-c', 'sleep 62 &']).on('exit', () => require('node:net').createServer().listen(4777, () => console.log('listens')))
})`
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({
      options: `strict: ['processes', 'ports']`,
      test: `pool: 'nsbox', isolate: false, maxWorkers: 1,
    sequence: { sequencer: class { shard(files) { return files } sort(files) { return [...files].sort((a, b) => (a.moduleId < b.moduleId ? -1 : 1)) } } }`,
    }),
    'a.test.ts': testFile(`import { spawn } from 'node:child_process'
test('leaves', () => { globalThis.old = spawn(process.execPath, ['-e', ${JSON.stringify(old)}]) })`),
    'b.test.ts': testFile(`import { once } from 'node:events'
test('waits', async () => { globalThis.old.stdin.write('go'); await once(globalThis.old.stdout, 'data') })`),
    'c.test.ts':
      testFile(`import { spawn } from 'node:child_process'; import { once } from 'node:events'; import { createServer } from 'node:net'
test('leaves', async () => { spawn('sleep', ['63']); await once(createServer().listen(4778), 'listening') })`),
  })

  test('fails that file alone, whatever it starts and opens later; a later one fails by its own', async () => {
    const run = await vitestRun(project)
    expect(run.files, run.output).toEqual({ 'a.test.ts': 'failed', 'b.test.ts': 'passed', 'c.test.ts': 'failed' })
    const told = (file: string) => [
      run.meta[file]?.processes?.map(({ command }) => command.split(' ').slice(0, 2).join(' ')),
      run.meta[file]?.ports?.map(({ port }) => port),
    ]
    expect(['a.test.ts', 'b.test.ts', 'c.test.ts'].map(told)).toEqual([
      [[`${process.execPath} -e`], []],
      [[], []],
      [['sleep 63'], [4778]],
    ])
  })
})

describe.each(oneVitest)('projects', { tags: ['root'] }, (version) => {
  const project = seedSuite(version, {
    ...seeded,
    'one/passes.test.ts': passes,
    'two/b.test.ts': passes,
    'cold/a.test.ts': seeded['two/a.test.ts'] as string,
  })
  let run: VitestRun
  let files: Record<string, ReportedFile>
  beforeAll(async () => {
    run = await vitestRun(project, ['--config=projects.config.ts'])
    files = reported(project)
  })

  test('of a worker that was killed, what it wrote', () => {
    expect(run.exitCode).toBe(1)
    expect(files).toMatchObject({
      'one/crashes.test.ts': { written: [{ path: 'before.txt', kind: 'added' }], processes: null, ports: null, caps: [] },
      'one/fills.test.ts': {
        written: [{ path: 'filled.txt', kind: 'added' }],
        caps: [{ limit: 'memory', words: expect.stringMatching(/^killed by its memory cap of 128 MiB/) }],
      },
      'one/passes.test.ts': { written: [] },
    })
    expect(sectionOf(run)).toMatch(/fills\.test\.ts\n {4}cap {6}memory: killed by its memory cap/)
  })

  test('without isolation each file is told what it added', () => {
    const told = ['a', 'b', 'c'].map((name) => {
      const { written, processes, ports } = files[`two/${name}.test.ts`] as ReportedFile
      return [written?.map(({ path }) => path), processes?.map(({ command }) => command), ports?.map(({ port }) => port)]
    })
    expect(told).toEqual([
      [['a.txt'], ['sleep 60'], [4000]],
      [[], [], []],
      [['a.txt', 'c.txt'], ['sleep 61'], []],
    ])
  })

  test('a worker that starts as a fresh node is looked at too', () => {
    expect(files['cold/a.test.ts']).toMatchObject({
      written: [{ path: 'a.txt', kind: 'added' }],
      processes: [{ command: 'sleep 60', test: 'starts' }],
      ports: [{ protocol: 'tcp', port: 4000, by: 'worker', test: 'listens' }],
    })
  })

  test('they share one section and one file', () => {
    expect(run.stderr.match(/left something behind/g)).toHaveLength(1)
    const section = sectionOf(run)
    expect(section).toMatch(/^nsbox: 5 of 7 test files left/)
    const named = ['[cold] cold/a', '[one] one/crashes', '[one] one/fills', '[two] two/a', '[two] two/c']
    expect(section.match(/^ {2}\[.*$/gm)).toEqual(named.map((name) => `  ${name}.test.ts`))
    expect(Object.values(files).map(({ file, project: name }) => [file, name])).toEqual([
      ['cold/a.test.ts', 'cold'],
      ...['crashes', 'fills', 'passes'].map((name) => [`one/${name}.test.ts`, 'one']),
      ...['a', 'b', 'c'].map((name) => [`two/${name}.test.ts`, 'two']),
    ])
  })
})
