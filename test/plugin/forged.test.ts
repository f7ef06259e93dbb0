// A test may send anything in place of its worker. That fails its own file, and no other.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { fingerprint } from '../support/vitest-left-behind.ts'
import { fixture, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const shapeless = 'something that vitest does not send'

/** What each file sends, by its name, and what the worker is then said to have sent. */
const forgeries: Record<string, [sends: string, said: string]> = {
  'bytes that are no message': ['sendBytes(Buffer.from([4, 0, 0, 0, 1, 2, 3, 4]))', 'bytes that are no message'],
  'the head of a message of 4 GiB': ['sendBytes(Buffer.alloc(4, 255))', 'a message of 4294967295 bytes, where 67108864 are the limit'],
  'the head of a message of 65 MiB': ['sendBytes(Buffer.from([0, 0, 16, 4]))', 'a message of 68157440 bytes, where 67108864 are the limit'],
  nothing: ['send(null)', shapeless],
  'a string': [`send('vitest')`, shapeless],
  'an empty message': ['send({})', shapeless],
  'nothing for vitest': ['send({ vitest: null })', shapeless],
  'an unknown response': [`send({ vitest: { __vitest_worker_response__: true, type: 'gone' } })`, shapeless],
  'a question that looks like a response': [
    `send({ vitest: { __vitest_worker_response__: false, type: 'started', t: 'q', m: 'onAsyncLeaks', a: [[null]] } })`,
    shapeless,
  ],
  'an answer that looks like a question': [`send({ vitest: { t: 's', i: 'x', m: 'onQueued', a: [file(innocent, filepath)] } })`, shapeless],
  'a response that looks like a question': [
    `send({ vitest: { __vitest_worker_response__: true, type: 'testfileFinished', t: 'q', m: 'onCollected', a: [[file(own, filepath)]] } })`,
    shapeless,
  ],
  'a state that no file has': [
    `const forged = file(own, filepath); forged.result = { state: 'queued' }; call('onCollected', [forged])`,
    shapeless,
  ],
  'a result in a state that no file has': [`call('onTaskUpdate', [[own, { state: 'queued' }, {}]], [])`, shapeless],
  'a second start': [
    `send({ vitest: { __vitest_worker_response__: true, type: 'started' } })`,
    'an answer that nobody waits for (started)',
  ],
  'an end before it is asked for': [
    `send({ vitest: { __vitest_worker_response__: true, type: 'stopped' } })`,
    'an answer that nobody waits for (stopped)',
  ],
  'the end of its files': [
    `send({ vitest: { __vitest_worker_response__: true, type: 'testfileFinished' } }); await new Promise((resolve) => setTimeout(resolve, 300)); throw 'ends'`,
    'onTaskUpdate after the end of its files',
  ],
  'more refusals than a worker tells': [
    `send({ nsbox: 'refused', file: filepath, attempts: Array(200).fill({ host: '192.0.2.1', port: 5 }), more: 0, reached: [] })`,
    shapeless,
  ],
  'a port of an unknown protocol': [
    `send({ vitest: { t: 'q', m: 'onTaskUpdate', a: [[], []] }, left: { processes: [], ports: [{ protocol: '::error::', port: 5, by: 'worker' }], cpuMs: 1, memoryPeakBytes: 1 } })`,
    shapeless,
  ],
  'durations that are no numbers': [`call('onCollected', [{ ...file(own, filepath), setupDuration: 1n }])`, shapeless],
  'durations of imports that are none': [
    `const forged = file(own, filepath); forged.importDurations = { a: 5, b: null }; call('onCollected', [forged])`,
    shapeless,
  ],
  'a time that no Date has': [`call('onTaskUpdate', [[own, { state: 'pass', startTime: 1e300 }, {}]], [])`, shapeless],
  'a suite in itself': [`const forged = file(own, filepath); forged.suite = forged; call('onCollected', [forged])`, shapeless],
  'a benchmark without tasks': [`call('onTestBenchmark', task.id, {})`, shapeless],
  'leaks of a run that looks for none': [
    `call('onAsyncLeaks', [{ filename: filepath, type: 'x', stack: 'at x (/etc/passwd:1:1)' }])`,
    'onAsyncLeaks of a run without detectAsyncLeaks',
  ],
  'attempts whose numbers are none': [
    `const attempts = [{ state: 'fail', retryIndex: { toString: 1 } }, { state: 'fail' }]; call('onTaskUpdate', [[task.id, { state: 'fail', attempts }, {}]], [])`,
    shapeless,
  ],
  'a timeline whose numbers are none': [
    `call('onTaskArtifactRecord', task.id, { type: 'internal:browserTrace', data: { retry: { toString: 1 }, entries: [] } })`,
    shapeless,
  ],
  'an annotation that cannot be made a text': [
    `call('onTaskArtifactRecord', task.id, { type: 'internal:annotation', annotation: { message: [{ toString: 1 }] } })`,
    shapeless,
  ],
  'a note that cannot be made a text': [`call('onTaskUpdate', [[task.id, { state: 'skip', note: { toString: 1 } }, {}]], [])`, shapeless],
  'attachments in no list': [
    `call('onTaskArtifactRecord', task.id, { type: 'my:x', attachments: new Set([{ path: '/etc/passwd' }]) })`,
    shapeless,
  ],
  'snapshots fewer than none': [
    `call('snapshotSaved', { filepath, added: -1, matched: 0, unchecked: 0, unmatched: 0, updated: 0 })`,
    shapeless,
  ],
  'its file in another project': [`call('onQueued', Object.assign(file(own, filepath), { projectName: 'other' }))`, 'onQueued of "other"'],
  'refusals without attempts': [`send({ nsbox: 'refused', file: 'x' })`, shapeless],
  'no list of updates': [`call('onTaskUpdate', 'x', [])`, shapeless],
  'an update that is no result': [`call('onTaskUpdate', [[own, 'passed', {}]], [])`, shapeless],
  'a file without tasks': [`call('onCollected', [{ id: own, filepath }])`, shapeless],
  'tests of another file': [
    `call('onQueued', file(innocent, import.meta.dirname + '/innocent.test.ts'))`,
    'onQueued of "ROOT/innocent.test.ts"',
  ],
  'its file under another id': [`call('onQueued', file(innocent, filepath))`, 'onQueued of "INNOCENT"'],
  'a test with an id of another file': [
    `const forged = file(own, filepath); forged.tasks.push({ id: innocent + '_0', name: 'x', type: 'test', mode: 'run', meta: {}, file: forged }); call('onCollected', [forged])`,
    'onCollected of "INNOCENT_0"',
  ],
  'a test with the id of its file': [
    `process.stdout.write('own id: <' + own + '>'); const forged = file(own, filepath); forged.tasks.push({ id: own, name: 'x', type: 'test', mode: 'run', meta: {}, file: forged }); call('onCollected', [forged])`,
    'onCollected of "OWN"',
  ],
  'a result of another file': [
    `call('onTaskUpdate', [[innocent, { state: 'fail', errors: [{ message: 'forged' }] }, {}]], [])`,
    'onTaskUpdate of "INNOCENT"',
  ],
  'a result of another test': [`call('onTaskUpdate', [], [[innocent + '_0', 'test-finished', {}]])`, 'onTaskUpdate of "INNOCENT_0"'],
  'snapshots of another file': [
    `call('snapshotSaved', { filepath: import.meta.dirname + '/innocent.test.ts', added: 1, matched: 0, unchecked: 0, unmatched: 0, updated: 0 })`,
    'snapshotSaved of "ROOT/innocent.test.ts"',
  ],
  'coverage of __proto__': [`call('onAfterSuiteRun', { environment: '__proto__', testFiles: [] })`, 'onAfterSuiteRun of ""'],
  'coverage from elsewhere': [
    `call('onAfterSuiteRun', { environment: 'ssr', testFiles: [filepath], coverage: '/etc/passwd' })`,
    'coverage in a shape that its provider does not write',
  ],
  'an end of the run': [`call('onCancel', 'test-failure')`, 'onCancel of a run without bail'],
}

const body = (forgery: string) =>
  testFile(`import { call, mirror, send, sendBytes, wait } from './channel'
const innocent = inject('innocent')
function file(id, filepath) { const task = { id, filepath, name: id, type: 'suite', mode: 'run', meta: {}, tasks: [] }; return Object.assign(task, { file: task }) }
test('forges', async ({ task }) => { const { id: own, filepath } = task.file; ${forgery} })`)

const nameOf = (what: string) => `${what.replaceAll(' ', '-')}.test.ts`

describe.each(vitestVersions)('$name', (version) => {
  const output = `call('onUserConsoleLog', { content: 'not of innocent.test.ts', type: 'stdout', time: 0, size: 1, taskId: innocent })`
  const files = Object.entries(forgeries).map(([what, [forgery]]) => [nameOf(what), body(`${forgery}; await wait()`)])
  const ids = `console.log('id of innocent.test.ts: <' + innocent + '>')`
  const project = seedSuite(version, {
    ...fixture('forged'),
    ...Object.fromEntries(files),
    'output.test.ts': body(output),
    'ids.test.ts': body(ids),
  })
  let run: VitestRun

  beforeAll(async () => {
    run = await vitestRun(project, ['--pool=nsbox'])
  })

  test('a file that forges nothing passes', () => {
    expect(run.tests['innocent.test.ts > passes']).toBe('passed')
    expect(run.exitCode).toBe(1)
  })

  test('output of another file is of none', () => {
    expect(run.output).toContain('unknown test\nnot of innocent.test.ts')
  })

  test.each(Object.entries(forgeries))('%s: its file fails, and is named', (what, [, said]) => {
    const [, innocent = ''] = /id of innocent\.test\.ts: <(.*)>/.exec(run.output) ?? []
    const [, own = ''] = /own id: <(.*?)>/.exec(run.output) ?? []
    const words = said.replace('ROOT', project.root).replace('INNOCENT', innocent).replace('OWN', own)
    expect(run.output).toContain(`${nameOf(what)}: the worker sent ${words}, and was ended`)
  })
})

test.each(vitestVersions)('$name: a file that has forged its end, and fails after the report, fails the run', async (version) => {
  const project = seedTest(version, {
    'channel.ts': fixture('forged')['channel.ts'] as string,
    'a.test.ts': testFile(`import { call, send } from './channel'
test('fails', async ({ task }) => {
  call('onTaskUpdate', [[task.id, { state: 'pass' }, {}], [task.file.id, { state: 'pass' }, {}]], [])
  send({ vitest: { __vitest_worker_response__: true, type: 'testfileFinished' } })
  await new Promise((resolve) => setTimeout(resolve, 1500))
  throw new Error('fails')
})`),
  })
  const { exitCode, output } = await vitestRun(project, ['--pool=nsbox'])
  expect(output).toContain('a.test.ts: the worker sent onTaskUpdate after the end of its files, and was ended')
  expect(exitCode).toBe(1)
})

/** What each test sends of itself. None of it fails a run: vitest and its reporters make do with what is left of it. */
const oddities: Record<string, string> = {
  'meta with a BigInt, in a circle': `const odd = { big: 1n }; odd.self = odd; call('onTaskUpdate', [[own, { state: 'run' }, odd]], [])`,
  'meta that is in itself very often': `let odd = {}; for (let n = 0; n < 40; n++) odd = { a: odd, b: odd }; call('onTaskUpdate', [[own, { state: 'run' }, odd]], [])`,
  'meta of holes': `call('onTaskUpdate', [[own, { state: 'run' }, { holes: new Array(4e8) }]], [])`,
  'meta of the host': `call('onTaskUpdate', [[own, { state: 'run' }, { nsbox: { oomKills: '::error::forged' } }]], [])`,
  'errors of other kinds': `call('onTaskUpdate', [[task.id, { state: 'fail', errors: [null, 5, 'x', { message: 5n, name: {} }] }, {}]], [])`,
  'a failed test with nothing noted': `const forged = file(own, filepath); forged.tasks = [{ id: task.id, name: 'x', type: 'test', mode: 'run', meta: {}, file: forged, result: { state: 'fail', errors: new Array(3) } }]; call('onCollected', [forged])`,
  'tests that other fields lead to': `const forged = file(own, filepath); const child = { id: task.id, name: 'x', type: 'test', mode: 'run', meta: { forged }, file: forged, extra: forged, result: { state: 'fail', errors: [forged, { cause: forged.tasks }] } }; forged.tasks = [child]; forged.extra = [child]; call('onCollected', [forged])`,
  'a first field of many holes': `const forged = Object.assign({ holes: new Array(4e8) }, file(own, filepath)); forged.file = forged; call('onCollected', [forged]); call('snapshotSaved', { holes: new Array(4e8), filepath, added: 0, matched: 0, unchecked: 0, unmatched: 0, updated: 0 })`,
  'artifacts of a browser': `for (const more of [{}, { attachments: [{ originalPath: 5 }] }]) call('onTaskArtifactRecord', task.id, { type: 'internal:failureScreenshot', ...more }); throw new Error('fails')`,
  'a list of logs that is none': `call('onTaskUpdate', [[task.id, { state: 'run' }, { logs: 1n }]], [])`,
}
/** Errors of no test. */
const oddErrors = [
  `{ message: 'odd 1', stack: 's', frame: { a: 1 }, codeFrame: 5, VITEST_TEST_PATH: 5, VITEST_TEST_NAME: {} }`,
  `{ message: 'odd 2', stack: 's', __vitest_rollup_error__: null }`,
  `{ message: 'odd 3', stack: 's', __vitest_rollup_error__: { frame: 5 } }`,
  `{ message: 'odd 4', stack: 's', cause: { message: 'm', stacks: 5, __vitest_rollup_error__: { id: {} } }, toString: 5, fileName: { toString: 5 } }`,
  `{ message: 'odd 5', stack: 's', code: 'VITEST_PENDING', taskId: innocent + '_0' }`,
  `{ message: 'odd 6', stack: 's', stacks: [{ file: 5 }, { file: import.meta.filename, line: 1, column: -5, method: '' }] }`,
  `{ message: 'odd 7', stack: 's', holes: new Array(4e9), map: new Map([[1, new Array(4e9)]]) }`,
  `{ message: 'odd 8', stack: 's', VITEST_TEST_PATH: import.meta.dirname + '/innocent.test.ts', VITEST_TEST_NAME: 'passes' }`,
  `{ message: 'odd 9', stack: '\\n'.repeat(90_000) + 'at http://:1:1' }`,
]

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...fixture('forged'),
    ...Object.fromEntries(Object.entries(oddities).map(([what, forgery]) => [nameOf(what), body(forgery)])),
    'errors.test.ts': body(oddErrors.map((error) => `call('onUnhandledError', ${error}, 'Odd Error')`).join('; ')),
  })
  const reports = ['junit', 'blob'].map((name) => join(project.scratch, `report.${name}`))
  let run: VitestRun

  beforeAll(async () => {
    const reporters = reports.flatMap((path) => {
      const name = path.split('.').at(-1)
      return [`--reporter=${name}`, `--outputFile.${name}=${path}`]
    })
    run = await vitestRun(project, ['--pool=nsbox', '--reporter=tap', ...reporters])
  })

  test('fields of other kinds lose nobody’s report', () => {
    expect(run.output).not.toMatch(/TypeError|RangeError|the worker sent/)
    expect(run.tests['innocent.test.ts > passes'], run.output).toBe('passed')
    expect(reports.filter((path) => !existsSync(path))).toEqual([])
    for (const index of oddErrors.keys()) expect(run.output).toContain(`odd ${index + 1}`)
  })

  test('errors name no other file', () => {
    expect(run.output).not.toContain('originated in "innocent.test.ts"')
  })

  test('of too much meta the test is named', () => {
    expect(run.output).toContain('meta-of-holes.test.ts: the meta of "meta-of-holes.test.ts" has more than reporters can write')
  })

  test('what a worker says of meta.nsbox is not told', () => {
    expect(run.output).not.toContain('::error::')
  })
})

/** What a worker asks for in a run that updates snapshots. */
const writes: Record<string, string | null> = {
  // Of another file.
  '__snapshots__/innocent.test.ts.snap': null,
  '__snapshots__/later.test.ts.snap': '// a forged one\n',
  'innocent.test.ts': '',
  // Code that runs when vitest evaluates its snapshots.
  '__snapshots__/forges.test.ts.snap': 'process.exit()',
  // Modules that the host runs, and what would be found in their place.
  'helper.ts': '',
  'helper.tsx': '',
  'setup/steps.ts': '',
  'setup/steps.js': '',
  'setup.mts': '',
  'setup/package.json': '{}',
  'binding.gyp': '{}',
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...fixture('forged-writes'),
    'channel.ts': fixture('forged')['channel.ts'] as string,
    'later.test.ts': testFile(`test('later', () => {})`),
    'forges.test.ts': testFile(`import { mirror, call } from './channel'
test('forges', async () => {
  for (const [path, content] of Object.entries(${JSON.stringify(writes)})) mirror(import.meta.dirname + '/' + path, content)
  call('writeBenchmarkResult', 'source.json', { latency: {} })
  await expect('answered after the others').toMatchFileSnapshot('out/helper.ts')
})`),
    'source.json': '{}',
    'out/kept.txt': '',
    'shadows.test.ts': testFile(`test('shadows', async () => { await expect('code').toMatchFileSnapshot('helper.tsx') })`),
  })
  let before: Record<string, string>
  let run: VitestRun

  beforeAll(async () => {
    await vitestRun(project, ['innocent'])
    before = fingerprint(project.root, ['node_modules', 'out'])
    run = await vitestRun(project, ['-u'])
  })

  test('nothing is written but what is the worker’s to write', () => {
    expect(project.read('out/helper.ts'), run.output).toBe('answered after the others')
    expect(fingerprint(project.root, ['node_modules', 'out'])).toEqual(before)
    expect(run.tests['innocent.test.ts > passes']).toBe('passed')
  })

  test('a new file snapshot that the config would import fails its file', () => {
    expect(run.output).toContain('A snapshot cannot be saved where an import would find it first')
    expect(existsSync(join(project.root, 'helper.tsx'))).toBe(false)
  })
})
