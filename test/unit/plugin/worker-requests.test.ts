import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { type RequestHost, WorkerRequests } from '../../../plugin/worker-requests.ts'

let base: string
let handedOn: unknown[]
let answered: { e?: Error }[]

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  mkdirSync(join(base, 'workspace'))
  symlinkSync(base, join(base, 'workspace/link'))
  handedOn = []
  answered = []
})
afterEach(() => rmSync(base, { recursive: true }))

function requests(): WorkerRequests {
  const workspace = join(base, 'workspace')
  const vite = { config: { configFileDependencies: [], resolve: { extensions: [] } }, environments: {} }
  const config = { root: workspace, globalSetup: [] }
  const createSpecification = () => ({ taskId: '5' })
  const project = { vite, vitest: { vite, config, projects: [] }, config, createSpecification } as unknown as RequestHost['project']
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

test.each(['5', '5_0', '6_0'])('a task with the id %s beside 5_0 in file 5 is forged', (id) => {
  const asked = requests()
  asked.gives(['/a.test.ts'])
  const file = { id: '5', name: 'a', filepath: '/a.test.ts', type: 'suite', meta: {} }
  const tree = (...ids: string[]) => ({ ...file, tasks: ids.map((each) => ({ id: each, name: each, type: 'test', meta: {} })) })
  expect(asked.judge(call('onCollected', [tree('5_0', '5_1')]))).toBeUndefined()
  expect(asked.judge(call('onCollected', [tree('5_0', id)]))).toBe(`onCollected of "${id}"`)
})
