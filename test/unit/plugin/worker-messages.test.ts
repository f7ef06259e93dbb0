import { expect, test } from 'vitest'
import { isMethod, isWorkerMessage } from '../../../plugin/worker-messages.ts'

interface Task {
  id: string
  name: string
  type: string
  mode: string
  meta: object
  file?: Task
  tasks?: Task[]
}

function task(id: string, type: string, tasks: Task[] = []): Task {
  return { id, name: id, type, mode: 'run', meta: {}, ...(type === 'suite' && { tasks }) }
}

function file(...tasks: Task[]): Task {
  const root = { ...task('file', 'suite', tasks), filepath: '/project/a.test.ts', projectName: undefined }
  const set = (each: Task): void => {
    each.file = root
    each.tasks?.forEach(set)
  }
  set(root)
  return root
}

const call = (method: string, ...args: unknown[]) => ({ vitest: { t: 'q', i: 'x', m: method, a: args } })

const annotated = (annotation: object) => call('onTaskArtifactRecord', 'b', { type: 'internal:annotation', annotation })
const timeline = (data: object) => call('onTaskArtifactRecord', 'b', { type: 'internal:browserTrace', data })

test.each([
  ['an answer', { vitest: { t: 's', i: 'x', r: null } }],
  ['a response', { vitest: { __vitest_worker_response__: true, type: 'stopped', error: { message: 'x' } } }],
  ['a question about a module', { ...call('fetch', '/a.ts', null, 'ssr', {}), own: true }],
  ['a tree of tests', call('onCollected', [file(task('a', 'suite', [task('b', 'test')]), task('c', 'test'))])],
  [
    'results',
    call(
      'onTaskUpdate',
      [
        ['b', { state: 'fail', errors: [{ message: 5 }, 'thrown'] }, {}],
        ['c', undefined, {}],
      ],
      [['b', 'test-finished']],
    ),
  ],
  ['an error with frames of another shape', call('onTaskUpdate', [['b', { state: 'fail', errors: [{ stacks: 5 }] }, {}]], [])],
  ['attempts', call('onTaskUpdate', [['b', { state: 'fail', attempts: [{ state: 'fail', retryIndex: 1, repeatIndex: 0 }] }, {}]], [])],
  ['a note that is no text', call('onTaskUpdate', [['b', { state: 'skip', note: 42 }, {}]], [])],
  ['an annotation that is no text', annotated({ message: ['a', { b: 1 }], type: 5, attachment: { contentType: 5 } })],
  [
    'an artifact of the test’s own',
    call('onTaskArtifactRecord', 'b', { type: 'my:x', data: { entries: [1] }, annotation: 5, location: 'x' }),
  ],
  ['a timeline', timeline({ retry: 1, entries: [{ name: 'expect.poll()', startTime: 1, range: { id: 'x', phase: 'end' } }] })],
  ['output', call('onUserConsoleLog', { content: '', type: 'stderr', time: 1, size: 0 })],
  ['a method of a later vitest', call('onSomethingNew', 1)],
  ['what files left', { ...call('onTaskUpdate', [], []), left: { processes: null, ports: [], cpuMs: 1, memoryPeakBytes: 1 } }],
  ['a test that begins, or none', { nsbox: 'test', test: null }],
  ['a snapshot', { nsbox: 'mirror', id: 1, path: '/a.snap', content: new Uint8Array(1) }],
])('%s is taken', (_, message) => {
  expect(isWorkerMessage(message)).toBe(true)
})

test.each([
  ['null', null],
  ['an unknown name', { nsbox: 'constructor' }],
  ['a test of another file', call('onCollected', [{ ...file(task('b', 'test')), tasks: [{ ...task('b', 'test'), file: file() }] }])],
  ['a list with holes', call('onCollected', [{ ...file(task('a', 'test')), tags: new Array(3) }])],
  ['a place that no file has', call('onCollected', [{ ...file(task('a', 'test')), location: { line: 1, column: -5 } }])],
  ['a file in a file', call('onCollected', [file({ ...task('a', 'suite'), filepath: '/project/b.test.ts' } as Task)])],
  ['a state of a mode', call('onTaskUpdate', [['b', { state: 'queued' }, {}]], [])],
  ['a state that no test has', call('onTaskUpdate', [['b', { state: 'fine' }, {}]], [])],
  ['arguments that are no list', { vitest: { t: 'q', m: 'fetch', a: { 0: '/a.ts' } } }],
  [
    'attempts with numbers that are none',
    call('onTaskUpdate', [['b', { state: 'fail', attempts: [{ state: 'fail', retryIndex: {} }] }, {}]], []),
  ],
  ['a note that cannot be made a text', call('onTaskUpdate', [['b', { state: 'skip', note: { toString: 1 } }, {}]], [])],
  ['an annotation that is none', call('onTaskArtifactRecord', 'b', { type: 'internal:annotation' })],
  ['an annotation that cannot be made a text', annotated({ message: [{ toString: 1 }] })],
  ['an annotation that has no end as text', annotated({ message: Array.from({ length: 40 }).reduce((inner) => [inner, inner], 'text') })],
  ['a timeline without steps', timeline({})],
  ['a timeline with numbers that are none', timeline({ entries: [{ name: 'x', startTime: 1, duration: {} }] })],
  ['attachments in no list', call('onTaskArtifactRecord', 'b', { type: 'my:x', attachments: new Set([{ path: '/etc/passwd' }]) })],
  ['ports without numbers', { ...call('onTaskUpdate', [], []), left: { processes: [], ports: [{}], cpuMs: 1, memoryPeakBytes: 1 } }],
  ['content that is no bytes', { nsbox: 'mirror', id: 1, path: '/a.snap', content: 'x' }],
])('%s is refused', (_, message) => {
  expect(isWorkerMessage(message)).toBe(false)
})

test('a suite in itself is refused', () => {
  const root = file()
  root.tasks = [root]
  expect(isWorkerMessage(call('onCollected', [root]))).toBe(false)
})

test.each(['transform', 'constructor', '__proto__', 'onSomethingNew'])('%s is no method of a worker', (name) => {
  expect(isMethod(name)).toBe(false)
})
