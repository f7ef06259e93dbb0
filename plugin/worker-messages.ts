// What a worker may send to the host. A test can send anything in the worker's place, and a value of another shape
// would throw somewhere in vitest, which ends the run of all files.

import {
  anything,
  bytes,
  type Check,
  count,
  either,
  exactly,
  type Fields,
  flag,
  isList,
  isRecord,
  listOf,
  maybe,
  record,
  text,
  tuple,
} from './shapes.ts'

const frame = record({ file: text, method: maybe(text), line: count, column: count })
/** A test may throw anything. vitest makes do with all of it but stack frames of another shape. */
const failure: Check = (value) => !isRecord(value) || maybe(listOf(frame))(value['stacks'])
const result = record({ state: text, errors: maybe(listOf(failure)), duration: maybe(count), startTime: maybe(count) })
const attachment = record({ path: maybe(text), contentType: maybe(text) })

const taskFields = record({ id: text, name: text, type: text, mode: text, meta: record(), result: maybe(result) })
const fileFields = record({ filepath: text, projectName: maybe(text) })

/** Reporters go from a suite to its tasks, and from each to its file. */
function isTask(value: unknown, file: unknown, seen: Set<unknown>): boolean {
  // One that is in two places would be visited by each way to it, and there may be very many.
  if (seen.has(value) || !taskFields(value) || (value as Fields)['file'] !== file) return false
  seen.add(value)
  const { type, tasks } = value as Fields
  return type !== 'suite' || (isList(tasks) && tasks.every((task) => isTask(task, file, seen)))
}

const fileTask: Check = (value) => fileFields(value) && (value as Fields)['type'] === 'suite' && isTask(value, value, new Set())

/**
 * vitest's methods that nsbox's workers call, with their first arguments. `transform` is not among them: only pools that
 * run tests in a vm have a use for it. The table in SECURITY.md says what each may touch.
 */
const methods: Readonly<Record<string, readonly Check[]>> = {
  fetch: [text, maybe(text), text],
  fetchWarmModules: [text, listOf(text)],
  prewarmModuleGraph: [text, listOf(text)],
  resolve: [text, maybe(text), text],
  ensureModuleGraphEntry: [text, text],
  onQueued: [fileTask],
  onCollected: [listOf(fileTask)],
  onTaskUpdate: [listOf(tuple(text, maybe(result), maybe(record()))), listOf(tuple(text, text))],
  onTaskArtifactRecord: [
    text,
    record({
      type: text,
      attachments: maybe(listOf(attachment)),
      annotation: maybe(record({ message: text, attachment: maybe(attachment) })),
    }),
  ],
  onTestBenchmark: [text, record()],
  readBenchmarkResult: [text],
  writeBenchmarkResult: [text, anything],
  snapshotSaved: [
    record({
      filepath: text,
      added: count,
      matched: count,
      unchecked: count,
      unmatched: count,
      updated: count,
      uncheckedKeys: maybe(listOf(text)),
    }),
  ],
  resolveSnapshotPath: [text],
  onUserConsoleLog: [record({ content: text, type: text, time: count, size: count, taskId: maybe(text) })],
  onUnhandledError: [failure, text],
  onAsyncLeaks: [listOf(record({ filename: text, type: text, stack: text }))],
  onAfterSuiteRun: [record({ environment: text, testFiles: listOf(text), projectName: maybe(text) })],
  onTestModuleDependencies: [text, anything],
  onCancel: [text],
  getCountOfFailedTests: [],
}

const response = record({ type: either(exactly('started'), exactly('testfileFinished'), exactly('stopped')) })
const answer = record({ i: text })
const question = record({ m: text, a: listOf(anything), i: maybe(text) })

function isVitests(message: unknown): boolean {
  if (!isRecord(message)) return false
  if (message['__vitest_worker_response__'] !== undefined) return response(message)
  if (message['t'] === 's') return answer(message)
  if (message['t'] !== 'q' || !question(message)) return false
  const { m: method, a: args } = message as { m: string; a: unknown[] }
  // One that is not in the table is answered with an error: see worker-requests.ts.
  return !isMethod(method) || (methods[method] as Check[]).every((check, index) => check(args[index]))
}

export function isMethod(name: string): boolean {
  return Object.hasOwn(methods, name)
}

const leftBehind = record({
  processes: maybe(listOf(record({ pid: count, command: text, test: maybe(text) }))),
  ports: listOf(record({ protocol: text, port: count, by: either(exactly('worker'), count), test: maybe(text) })),
  cpuMs: count,
  memoryPeakBytes: count,
})
const vitestMessage = record({
  vitest: isVitests,
  own: maybe(flag),
  left: maybe(leftBehind),
})
const named = record({ id: text, name: text })
const attempt = record({ host: text, port: maybe(count), local: maybe(text), test: maybe(named) })

/** nsbox's own messages, by their names. */
const own: Readonly<Record<string, Check>> = {
  pong: anything,
  turned: record({ missing: listOf(record({ knob: text, why: text })) }),
  test: record({ test: maybe(named) }),
  refused: record({ file: text, attempts: listOf(attempt), more: count, reached: listOf(count) }),
  mirror: record({ id: count, path: text, content: maybe(bytes) }),
}

/** True for what a worker of nsbox sends. */
export function isWorkerMessage(message: unknown): boolean {
  try {
    if (!isRecord(message)) return false
    if ('vitest' in message) return vitestMessage(message)
    const { nsbox: name } = message
    return typeof name === 'string' && Object.hasOwn(own, name) && (own[name] as Check)(message)
  } catch (error) {
    // Suites in suites without an end.
    if (error instanceof RangeError) return false
    throw error
  }
}
