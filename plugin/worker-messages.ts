// What a worker may send to the host. A test can send anything in the worker's place, and a value of another shape
// would throw somewhere in vitest, which ends the run of all files.

import { knobNames } from '../src/stress/knobs.ts'
import {
  anything,
  bytes,
  type Check,
  count,
  either,
  exactly,
  type Fields,
  flag,
  isEvery,
  isList,
  isRecord,
  listOf,
  maybe,
  oneOf,
  ordinal,
  printable,
  record,
  recordOf,
  text,
  tuple,
} from './shapes.ts'

/** A test may throw anything: tidy-errors.ts makes it fit. */
const failures = maybe(listOf(anything))
const mode = oneOf('run', 'skip', 'only', 'todo', 'queued')
/** vitest asks every file for its state when the run ends, and throws for another one. */
const state = oneOf('run', 'skip', 'todo', 'pass', 'fail')
const tally: Check = (value) => count(value) && (value as number) >= 0
/** What a Date can have: reporters write it. */
const time: Check = (value) => count(value) && Math.abs(value as number) <= 8.64e15
const outcome = { state, errors: failures, duration: maybe(count), startTime: maybe(time) }
const attempted = record({ ...outcome, retryIndex: maybe(count), repeatIndex: maybe(count) })
const result = record({
  ...outcome,
  attempts: maybe(listOf(attempted)),
  hooks: maybe(recordOf(maybe(text))),
  heap: maybe(count),
  retryCount: maybe(count),
  repeatCount: maybe(count),
  note: printable,
  pending: maybe(flag),
})
const location = record({ file: maybe(text), line: ordinal, column: ordinal })

const taskFields = record({
  id: text,
  name: text,
  fullName: maybe(text),
  fullTestName: maybe(text),
  type: oneOf('suite', 'test'),
  mode,
  meta: record(),
  result: maybe(result),
  location: maybe(location),
  tags: maybe(listOf(text)),
})
const duration = maybe(count)
const fileFields = record({
  filepath: text,
  projectName: maybe(text),
  pool: maybe(text),
  viteEnvironment: maybe(text),
  collectDuration: duration,
  collectFetchDuration: duration,
  setupDuration: duration,
  setupFetchDuration: duration,
  prepareDuration: duration,
  environmentLoad: duration,
  importDurations: maybe(recordOf(record({ selfTime: count, totalTime: count, external: maybe(flag), importer: maybe(text) }))),
})

/** Reporters go from a suite to its tasks, and from each to its file, and to the suites that it is in. */
function isTask(value: unknown, file: unknown, seen: Set<unknown>): boolean {
  // One that is in two places would be visited by each way to it, and there may be very many.
  if (seen.has(value) || !taskFields(value) || (value as Fields)['file'] !== file) return false
  seen.add(value)
  const { type, tasks, suite } = value as Fields
  // By its path vitest tells a file from a suite.
  if (!maybe(isSuiteAbove)(suite) || (value !== file && 'filepath' in (value as Fields))) return false
  return type !== 'suite' || (isList(tasks) && isEvery(tasks, (task) => isTask(task, file, seen)))
}

/** Of suites in suites. */
const deepest = 1000

function isSuiteAbove(value: unknown): boolean {
  let suite = value
  for (let depth = 0; depth < deepest; depth++) {
    if (suite === undefined || suite === null) return true
    if (!isRecord(suite) || !text(suite['id']) || !text(suite['name'])) return false
    suite = suite['suite']
  }
  return false
}

const fileTask: Check = (value) => fileFields(value) && (value as Fields)['type'] === 'suite' && isTask(value, value, new Set())

export const annotationType = 'internal:annotation'
/** Of `traceTimeline`. */
export const timeline = 'internal:browserTrace'
const step = record({
  name: text,
  startTime: count,
  duration: maybe(count),
  status: maybe(text),
  stack: maybe(text),
  location: maybe(location),
  element: maybe(record({ locator: maybe(text) })),
  range: maybe(record({ id: text, phase: text })),
})
/** Artifacts of vitest's own that workers send which are no browser's. What a test calls otherwise is its own, and nobody reads what is in it. */
const artifacts: Readonly<Record<string, Check>> = {
  [annotationType]: record({
    // A test may annotate anything.
    annotation: record({ message: printable, type: printable, location: maybe(location), attachment: maybe(record()) }),
  }),
  [timeline]: record({ data: record({ retry: maybe(count), repeats: maybe(count), entries: listOf(step) }) }),
}
const artifact: Check = (value) => {
  if (!record({ attachments: maybe(listOf(record())) })(value)) return false
  const { type } = value as Fields
  return typeof type !== 'string' || !Object.hasOwn(artifacts, type) || (artifacts[type] as Check)(value)
}

/** False for those of vitest's that its workers do not send. */
export function isArtifactType(type: string): boolean {
  return !type.startsWith('internal:') || Object.hasOwn(artifacts, type)
}

const measured: Check = maybe((value) => typeof value === 'number')
const statistics = record(
  Object.fromEntries(['min', 'max', 'mean', 'p75', 'p99', 'p995', 'p999', 'rme', 'samplesCount'].map((name) => [name, measured])),
)
const benchmarkTask = record({
  name: text,
  latency: statistics,
  throughput: statistics,
  period: measured,
  totalTime: measured,
  rank: measured,
})

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
  onTaskArtifactRecord: [text, artifact],
  onTestBenchmark: [text, record({ name: text, tasks: listOf(benchmarkTask) })],
  readBenchmarkResult: [text],
  writeBenchmarkResult: [text, anything],
  snapshotSaved: [
    record({
      filepath: text,
      added: tally,
      matched: tally,
      unchecked: tally,
      unmatched: tally,
      updated: tally,
      uncheckedKeys: maybe(listOf(text)),
    }),
  ],
  resolveSnapshotPath: [text],
  onUserConsoleLog: [record({ content: text, type: text, time, size: count, taskId: maybe(text), origin: maybe(text) })],
  onUnhandledError: [anything, text],
  onAsyncLeaks: [listOf(record({ filename: text, projectName: maybe(text), type: text, stack: text }))],
  onAfterSuiteRun: [record({ environment: text, testFiles: listOf(text), projectName: maybe(text) })],
  onTestModuleDependencies: [text, listOf(text)],
  onCancel: [text],
  getCountOfFailedTests: [],
}

const response = record({
  __vitest_worker_response__: exactly(true),
  type: oneOf('started', 'testfileFinished', 'stopped'),
  usedMemory: maybe(count),
})
const answer = record({ i: text })
const question = record({ m: text, a: listOf(anything), i: maybe(text) })

export function isVitests(message: unknown): boolean {
  if (!isRecord(message)) return false
  // vitest, too, tells by this field which of the two it is. A method is a question's alone: whoever looks for one looks at its name.
  if ('__vitest_worker_response__' in message) return response(message) && !('m' in message)
  if (message['t'] === 's') return answer(message) && !('m' in message)
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
  ports: listOf(record({ protocol: oneOf('tcp', 'udp'), port: count, by: either(exactly('worker'), count), test: maybe(text) })),
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

/** In one message. A worker has 20 of a file, and counts the others. */
const mostRefused = 100

/** nsbox's own messages, by their names. */
const own: Readonly<Record<string, Check>> = {
  pong: anything,
  turned: record({ missing: listOf(record({ knob: oneOf(...knobNames), why: text }), knobNames.length) }),
  test: record({ test: maybe(named) }),
  refused: record({ file: text, attempts: listOf(attempt, mostRefused), more: count, reached: listOf(count, mostRefused) }),
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
