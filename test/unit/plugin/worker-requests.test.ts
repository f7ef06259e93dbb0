import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { type RequestHost, WorkerRequests } from '../../../plugin/worker-requests.ts'

let base: string
let handedOn: unknown[]
let answered: { e?: Error }[]
let warned: string[]

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  mkdirSync(join(base, 'workspace'))
  symlinkSync(base, join(base, 'workspace/link'))
  handedOn = []
  answered = []
  warned = []
})
afterEach(() => rmSync(base, { recursive: true }))

function requests(): WorkerRequests {
  const workspace = join(base, 'workspace')
  const vite = { config: { configFileDependencies: [], resolve: { extensions: [] } }, environments: {} }
  const config = { root: workspace, globalSetup: [] }
  const createSpecification = () => ({ taskId: '5' })
  const project = {
    name: '',
    vite,
    vitest: { vite, config, projects: [] },
    config,
    createSpecification,
  } as unknown as RequestHost['project']
  return new WorkerRequests({
    project,
    workspaces: [workspace],
    isShared: () => false,
    files: () => undefined,
    isTouched: () => false,
    viewName: undefined,
    view: new HostView(() => true),
    deliver: (message) => handedOn.push(message),
    answer: (message) => answered.push(message as { e?: Error }),
    hidden: () => undefined,
    stray: () => undefined,
    warn: (words) => warned.push(words),
  })
}

const call = (method: string, ...args: unknown[]) => ({ t: 'q', i: 'x', m: method, a: args })

const result = { latency: { mean: 1 }, throughput: { mean: 1 }, period: 1, totalTime: 1 }

test.each(['out.json', 'bench/results.json', 'again.json'])('a result of a benchmark is written to %s', (path) => {
  writeFileSync(join(base, 'workspace/again.json'), JSON.stringify(result))
  const message = call('writeBenchmarkResult', path, result)
  requests().asked(message, false)
  expect([handedOn, answered]).toEqual([[], [{ t: 's', i: 'x' }]])
  expect(readFileSync(join(base, 'workspace', path), 'utf8')).toBe(`${JSON.stringify(result, null, 2)}\n`)
})

test.each([
  ['link/out.json', result],
  ['.git/config', result],
  ['package.json', result],
  ['source.ts', result],
  ['new.ts', result],
  ['data.json', result],
  ['out.json', { ...result, scripts: {} }],
  ['out.json', 'text'],
])('a result of a benchmark is not written to %s: %j', (path, data) => {
  for (const name of ['source.ts', 'data.json']) writeFileSync(join(base, 'workspace', name), '{}')
  requests().asked(call('writeBenchmarkResult', path, data), false)
  expect(handedOn).toEqual([])
  expect(answered).toMatchObject([{ t: 's', i: 'x', e: { code: 'ERR_NSBOX_MIRROR' } }])
})

test('a result outside the root is refused by vitest itself', () => {
  const message = call('writeBenchmarkResult', '../out.json', result)
  requests().asked(message, false)
  expect([handedOn, answered]).toEqual([[message], []])
})

test('an unknown method is answered with an error, and without one where nobody waits', () => {
  const asked = requests()
  for (const message of [call('transform', '/a.ts'), { t: 'q', m: 'transform', a: [] }]) {
    const verdict = asked.judge(message)
    expect(verdict).toEqual(new Error(`nsbox does not know vitest's method "transform"`))
    asked.refuse(message, verdict as Error)
  }
  expect(answered).toMatchObject([{ i: 'x', e: { message: `nsbox does not know vitest's method "transform"` } }])
})

test('a file is the worker’s when it was given it', () => {
  const asked = requests()
  const path = join(base, 'workspace/a.test.ts')
  writeFileSync(path, '')
  const message = call('resolveSnapshotPath', path)
  expect(asked.judge(message)).toBe(`resolveSnapshotPath of "${path}"`)
  asked.gives([path])
  expect(asked.judge(message)).toBeUndefined()
})

interface Task {
  [name: string]: unknown
  id: string
  tasks: Task[]
}

function task(id: string, more: object = {}): Task {
  return { id, name: `the ${id}`, type: 'test', mode: 'run', meta: {}, tasks: [], ...more }
}

function file(...tasks: Task[]): Task {
  const root = task('5', { type: 'suite', filepath: '/a.test.ts', tasks })
  for (const each of [root, ...tasks]) each['file'] = root
  return root
}

function given(): WorkerRequests {
  const asked = requests()
  asked.gives(['/a.test.ts'])
  return asked
}

test.each(['5', '5_0', '6_0'])('a task with the id %s beside 5_0 in file 5 is forged', (id) => {
  const asked = given()
  expect(asked.judge(call('onCollected', [file(task('5_0'), task('5_1'))]))).toBeUndefined()
  expect(asked.judge(call('onCollected', [file(task('5_0'), task(id))]))).toBe(`onCollected of "${id}"`)
})

test.each([
  ['a file', file(), { projectName: 'other' }],
  ['a test', task('5_0'), { projectName: 'other' }],
])('%s of another project is forged', (_, { id }, more) => {
  const root = file(task('5_0'))
  Object.assign(id === '5' ? root : (root.tasks[0] as Task), more)
  expect(given().judge(call('onCollected', [root]))).toBe('onCollected of "other"')
})

test.each([
  ['the meta of a test', (root: Task, child: Task) => Object.assign(child, { meta: { kept: 1, root, tasks: root.tasks } })],
  ['a field of a test', (root: Task, child: Task) => Object.assign(child, { extra: root, more: root.tasks })],
  ['a field of the file', (root: Task, child: Task) => Object.assign(root, { extra: [child], more: { list: root.tasks } })],
  ['an error', (root: Task, child: Task) => Object.assign(child, { result: { state: 'fail', errors: [root, { cause: root.tasks }] } })],
])('%s leads to tasks of the file: they stay whole', (_, lead) => {
  const child = task('5_0')
  const root = file(child, task('5_1'))
  lead(root, child)
  expect(given().judge(call('onCollected', [root]))).toBeUndefined()
  expect(root.tasks).toMatchObject([
    { id: '5_0', file: { id: '5' } },
    { id: '5_1', name: 'the 5_1' },
  ])
  expect(child['file']).toBe(root)
  expect(() => JSON.stringify([child['meta'], child['extra'], child['more'], root['extra'], root['more'], child['result']])).not.toThrow()
})

test('a task in meta is left out, and the rest stays, also in updates', () => {
  const asked = given()
  const child = task('5_0')
  const root = file(child)
  child['meta'] = { before: 1, root, list: [child, 'text'], after: { deep: 2 } }
  const meta = { before: 1, again: structuredClone(child), after: 3 }
  asked.judge(call('onCollected', [root]))
  expect(child['meta']).toEqual({ before: 1, list: [undefined, 'text'], after: { deep: 2 } })
  const packs = [['5_0', { state: 'pass' }, meta]]
  expect(asked.judge(call('onTaskUpdate', packs, []))).toBeUndefined()
  expect(packs[0]?.[2]).toEqual({ before: 1, after: 3 })
  expect(warned).toEqual([])
})

test('of meta that is too much only that is left out, and a warning names the test', () => {
  const child = task('5_0', { meta: { big: new Array(4e8), after: 1 }, tags: ['slow'], shuffle: true })
  given().judge(call('onCollected', [file(child)]))
  expect(child).toMatchObject({ meta: { after: 1 }, tags: ['slow'], shuffle: true })
  expect(warned).toEqual(['the meta of "the 5_0" has more than reporters can write: some of it is left out'])
})

const statistics = { min: 1, max: 1, mean: 1, p75: 1, p99: 1, p995: 1, p999: 1, rme: 1, samplesCount: 1 }

test.each([
  ['snapshotSaved', [{ big: new Array(4e8), filepath: '/a.test.ts', added: 1, matched: 1, unchecked: 1, unmatched: 1, updated: 1 }]],
  [
    'onTestBenchmark',
    ['5_0', { big: new Array(4e8), name: 'b', tasks: [{ name: 'b', big: new Array(4e8), latency: statistics, throughput: statistics }] }],
  ],
  ['onTaskArtifactRecord', ['5_0', { big: new Array(4e8), type: 'my:x', data: { big: new Array(4e8), after: 1 } }]],
  ['onTaskUpdate', [[['5_0', { big: new Array(4e8), state: 'pass', duration: 1 }, {}]], []]],
])('%s with a first field that is too much keeps the others', (method, args) => {
  const asked = given()
  asked.judge(call('onCollected', [file(task('5_0'))]))
  const message = call(method, ...args)
  const after = JSON.stringify(args, (name, value) => (name === 'big' ? undefined : value))
  expect(asked.judge(message)).toBeUndefined()
  expect(JSON.stringify(message.a)).toBe(after)
})

test('what is named in very many places is refused, and not changed', () => {
  const asked = given()
  asked.judge(call('onCollected', [file(task('5_0'))]))
  const tasks = new Array(300_000).fill({ name: 'b', latency: statistics, throughput: statistics })
  expect(asked.judge(call('onTestBenchmark', '5_0', { name: 'b', tasks }))).toBe('onTestBenchmark with more than reporters can write')
})

test('errors that cannot be made a text are told', () => {
  const asked = given()
  asked.judge(call('onCollected', [file(task('5_0'))]))
  const packs = [['5_0', { state: 'fail', errors: [[{ toString: 1 }]] }, {}]]
  expect(asked.judge(call('onTaskUpdate', packs, []))).toBeUndefined()
  expect(packs).toMatchObject([['5_0', { errors: [{ message: '[ { toString: 1 } ]' }] }, {}]])
})

test('an artifact of vitest’s that no worker sends is answered with an error', () => {
  const asked = given()
  asked.judge(call('onCollected', [file(task('5_0'))]))
  const verdict = asked.judge(call('onTaskArtifactRecord', '5_0', { type: 'internal:failureScreenshot' }))
  expect(verdict).toEqual(new Error(`nsbox does not know vitest's artifact "internal:failureScreenshot"`))
})
