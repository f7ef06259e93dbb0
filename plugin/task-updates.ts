// Parts of vitest's messages that nsbox reads and adds to.

interface RpcRequest {
  t?: string
  m?: string
  a?: unknown[]
}

export interface FileTask {
  id: string
  filepath: string
  /** Of Vite, by its name. vitest 5 looks there for the file's module graph. */
  viteEnvironment?: string
  result?: { state?: string }
}

interface MetaTask {
  type: string
  meta: Record<string, unknown>
  tasks?: MetaTask[]
}

interface TaskError {
  message?: string
  stack?: string
}

interface TaskResult {
  state?: string
  errors?: TaskError[]
}

export interface TaskUpdate {
  /** Of each task: id, result, and what reporters may read besides. */
  packs: [id: string, result: TaskResult | undefined, meta: Record<string, unknown>][]
  events: [id: string, event: string, data: unknown][]
}

/** The file that a worker is about to load. */
export function queuedFile(message: unknown): FileTask | undefined {
  const { m: method, a: args } = message as RpcRequest
  return method === 'onQueued' ? (args?.[0] as FileTask) : undefined
}

export function endsFile({ events }: TaskUpdate, fileId: string | undefined): boolean {
  return events.some(([id, event]) => id === fileId && fileEnds.includes(event))
}

/** Adds to what reporters find in the `meta.nsbox` of a task. */
export function addToMeta({ packs }: TaskUpdate, id: string | undefined, data: object): void {
  const pack = packs.find(([task]) => task === id)
  if (pack) pack[2] = { ...pack[2], nsbox: { ...(pack[2]['nsbox'] as object | undefined), ...data } }
}

/** What a worker says in `meta.nsbox` is not the host's word. */
export function dropOwnMeta(message: unknown): void {
  const drop = ({ type, meta, tasks = [] }: MetaTask) => {
    delete meta['nsbox']
    // Of others the tasks were not looked at, and may go in circles.
    if (type === 'suite') tasks.forEach(drop)
  }
  const queued = queuedFile(message)
  for (const file of queued ? [queued] : collectedFiles(message)) drop(file as unknown as MetaTask)
  for (const [, , meta] of taskUpdate(message)?.packs ?? []) if (meta) delete meta['nsbox']
}

/** Whether a file has been loaded, and its tests are known. */
export function isCollected(message: unknown): boolean {
  return (message as RpcRequest).m === 'onCollected'
}

/** The files that have been loaded, or could not be. */
export function collectedFiles(message: unknown): FileTask[] {
  const { m: method, a: args } = message as RpcRequest
  return method === 'onCollected' ? (args?.[0] as FileTask[]) : []
}

/** Whether a worker is done with all files that it was asked for. */
export function finishesFiles(message: unknown): boolean {
  const { __vitest_worker_response__: isResponse, type, error } = message as Record<string, unknown>
  return isResponse === true && type === 'testfileFinished' && !error
}

/** Whether it tells of a file or of its tests: of what they are, or how they fare. */
export function tellsOfTasks(message: unknown): boolean {
  return ['onQueued', 'onCollected', 'onTaskUpdate'].includes((message as RpcRequest).m ?? '')
}

/** Whether it tells of an error that no test is to blame for. */
export function unhandledError(message: unknown): boolean {
  return (message as RpcRequest).m === 'onUnhandledError'
}

export function taskUpdate(message: unknown): TaskUpdate | undefined {
  const { m: method, a: args } = message as RpcRequest
  return method === 'onTaskUpdate' ? { packs: args?.[0] as TaskUpdate['packs'], events: args?.[1] as TaskUpdate['events'] } : undefined
}

/** Events of a file that is over. The second is said of one that could not be loaded. */
const fileEnds: readonly string[] = ['suite-finished', 'suite-failed-early']

const timedOut = /^(?:Test|Hook) timed out in \d+ms/

/** Errors of vitest's own that say that a task took too long. */
export function timeouts(result: { errors?: TaskError[] } | undefined): TaskError[] {
  return (result?.errors ?? []).filter(({ message }) => timedOut.test(message ?? ''))
}

/** Says more behind vitest's words. */
export function addToTimeout(error: TaskError, words: string): void {
  changeMessage(error, (message) => message.replace(timedOut, `$& (${words})`))
}

/** A line behind what it says. */
export function addToError(error: TaskError, line: string): void {
  changeMessage(error, (message) => `${message}\n${line}`)
}

/** Also where a stack begins with it. */
function changeMessage(error: TaskError, change: (message: string) => string): void {
  const { message = '', stack } = error
  const longer = change(message)
  if (stack !== undefined) error.stack = stack.replace(message, () => longer)
  error.message = longer
}
