// What a worker asks vitest's main process for. Tests run in the worker, so that none of it is to be trusted: it gets what its
// sandbox sees, and tells of its own files alone. The table in SECURITY.md has all methods.

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isWithin } from '../src/plan/paths.ts'
import { inQuotes, quoted } from '../src/quoted.ts'
import { saveResult } from './benchmark-results.ts'
import { executedFiles } from './executed-files.ts'
import type { MirrorPlaces } from './mirror-place.ts'
import { type GraphQuestion, type ModuleHost, type ModuleQuestion, ModuleRequests } from './module-requests.ts'
import { Bounds, spellBigInts } from './plain-data.ts'
import { isOfProject } from './sandbox-vite.ts'
import { type Reader, seenFrom } from './seen-fs.ts'
import { isRecord } from './shapes.ts'
import { SnapshotOwners } from './snapshot-owners.ts'
import { dropForgedChanges } from './snapshot-review.ts'
import type { FileTask } from './task-updates.ts'
import { textOf, tidyErrors } from './tidy-errors.ts'
import { tidyStack } from './tidy-stacks.ts'
import { isArtifactType, isMethod, isVitests, timeline } from './worker-messages.ts'

/** A message of birpc: a question, or an answer. */
interface RpcMessage {
  t?: 'q' | 's'
  i?: string
  m?: string
  a?: unknown[]
}

export interface RequestHost extends ModuleHost {
  workspaces: readonly string[]
  /** True for a real path where the sandbox writes to the host's own file. */
  isShared(path: string): boolean
  /** Once a run. */
  warn(words: string): void
}

interface Result {
  errors?: unknown[]
  /** vitest 5 has each retry in it. */
  attempts?: { errors?: unknown[] }[]
}

interface Task {
  id: string
  name: string
  type: string
  projectName?: string | null
  meta: Record<string, unknown>
  result?: Result
  tasks?: Task[]
}

type Pack = [id: string, result: Result | undefined, meta: object | undefined]
type Event = [id: string, event: string, data?: unknown]

interface Artifact {
  type: unknown
  data: { entries: { stack?: string }[] }
}

/** vitest's own name for it. */
const unknownTest = '__vitest__unknown_test__'

/** What vitest's main process itself notes in a task, by other methods. */
const notedByHost = ['annotations', 'artifacts', 'benchmarks', 'logs'] as const

/** Methods whose arguments reporters write. */
const ofReports = [
  'onQueued',
  'onCollected',
  'onTaskUpdate',
  'onTaskArtifactRecord',
  'onTestBenchmark',
  'onUserConsoleLog',
  'onUnhandledError',
  'onAsyncLeaks',
  'snapshotSaved',
]

/** Of a task, what leads to others. A test has no tasks of its own. */
const ties = ['file', 'suite']

/** The message tells of what is not the worker's. */
class Forged extends Error {}

export class WorkerRequests {
  readonly #host: RequestHost
  readonly #modules: ModuleRequests
  /** The files that the worker was given. */
  readonly #testFiles = new Set<string>()
  readonly owners: SnapshotOwners
  /** Ids of what they hold, with its name. */
  readonly #tasks = new Map<string, string>()

  constructor(host: RequestHost) {
    this.#host = host
    this.#modules = new ModuleRequests(host)
    this.owners = new SnapshotOwners(host.project, this.#testFiles)
  }

  /** The worker is asked to run these, or to collect their tests. */
  gives(files: readonly string[]): void {
    for (const file of files) this.#testFiles.add(file)
  }

  /**
   * Of a message in a shape that is right, before anybody follows it. A text says what no worker of vitest's would have said; an error is
   * the answer to what may not be done. What reporters read in it is made fit for them.
   */
  judge(message: unknown): string | Error | undefined {
    const { t, m: method, a: args = [] } = message as RpcMessage
    if (t !== 'q' || method === undefined) return undefined
    if (!isMethod(method)) return new Error(`nsbox does not know vitest's method ${inQuotes(method)}`)
    const isOfReports = ofReports.includes(method)
    if (isOfReports) spellBigInts(args)
    try {
      const refusal = this.#refusalOf(method, args)
      // Nothing is handed on that was judged only before something was taken out of it.
      return refusal ?? (isOfReports && !isVitests(message) ? `${method} with more than reporters can write` : undefined)
    } catch (error) {
      if (error instanceof Forged) return `${method} of ${error.message}`
      throw error
    }
  }

  /** From the worker, after {@link judge} had no objection. `own`: it may be about a module that a test wrote. */
  asked(message: unknown, own: boolean): void {
    const { t, m, a: args = [] } = message as RpcMessage
    const method = t === 'q' ? (m ?? '') : ''
    if (method === 'writeBenchmarkResult') this.#writeResult(message, args)
    else if (method === 'fetch' || method === 'resolve') this.#modules.asked(message as ModuleQuestion, own)
    else if (method === 'fetchWarmModules' || method === 'prewarmModuleGraph') this.#modules.askedOfGraph(message as GraphQuestion)
    else if (method === 'ensureModuleGraphEntry') seenFrom(this.#reader, () => this.#host.deliver(message))
    else this.#host.deliver(message)
  }

  /** An answer to a request of vitest's, before somebody has it: vitest prints its error. */
  answers(response: { error?: unknown }): void {
    spellBigInts(response)
    if (response.error !== undefined) response.error = this.#tidyError(response.error)
  }

  /** The worker was given this file. */
  isGiven(file: string): boolean {
    return this.#testFiles.has(file)
  }

  /** For the worker: the message to post, or undefined while another answer is looked for. */
  answered(message: unknown): unknown {
    return this.#modules.answered(message)
  }

  refuse(message: unknown, error: Error): void {
    const { i } = message as RpcMessage
    if (i !== undefined) this.#host.answer({ t: 's', i, e: error })
  }

  close(): void {
    this.#modules.close()
  }

  /** Undefined for what may be done. @throws Forged */
  #refusalOf(method: string, args: unknown[]): Error | undefined {
    const [first, second, third] = args
    const { project, view } = this.#host
    switch (method) {
      case 'fetch':
      case 'resolve':
        return this.#refusalOfEnvironment(third as string)
      case 'onQueued':
        return this.#take([first as FileTask])
      case 'onCollected':
        return this.#take(first as FileTask[])
      case 'onTaskUpdate':
        return this.#update(first as Pack[], second as Event[])
      case 'onUnhandledError':
        args[0] = this.#tidyError(first)
        return undefined
      case 'onAsyncLeaks':
        if (!project.config.detectAsyncLeaks) throw new Forged('a run without detectAsyncLeaks')
        for (const leak of first as { filename: string; projectName?: string | null; stack: string }[]) {
          this.#requireFiles([leak.filename])
          this.#requireProject(leak.projectName)
          leak.stack = tidyStack(leak.stack, view)
        }
        return undefined
      case 'onTaskArtifactRecord': {
        const { type, data } = second as Artifact
        this.#requireTask(first as string)
        if (typeof type === 'string' && !isArtifactType(type)) return new Error(`nsbox does not know vitest's artifact ${inQuotes(type)}`)
        if (type === timeline) for (const entry of data.entries) if (entry.stack) entry.stack = tidyStack(entry.stack, view)
        return bound(args, 1)
      }
      case 'onTestBenchmark':
        this.#requireTask(first as string)
        return bound(args, 1)
      case 'onUserConsoleLog': {
        bound(args, 0)
        const log = args[0] as { taskId?: string; origin?: string }
        if (log.origin) log.origin = tidyStack(log.origin, view)
        // vitest guesses it from the stack where no test runs.
        if (log.taskId !== undefined && !this.#tasks.has(log.taskId)) log.taskId = unknownTest
        return undefined
      }
      case 'fetchWarmModules':
      case 'prewarmModuleGraph':
        return this.#requireFiles(second as string[]) ?? this.#refusalOfEnvironment(first as string)
      case 'resolveSnapshotPath':
      case 'onTestModuleDependencies':
        return this.#requireFiles([first as string])
      case 'snapshotSaved':
        this.#requireFiles([(first as { filepath: string }).filepath])
        return bound(args, 0)
      case 'onAfterSuiteRun': {
        const suite = first as { environment: string; testFiles: string[]; projectName?: string }
        const { environment, testFiles, projectName } = suite
        if (testFiles.length === 0) throw new Forged(inQuotes(''))
        this.#requireProject(projectName)
        suite.environment = this.#modules.nameOfServing(environment)
        return this.#requireFiles(testFiles.map((name) => resolve(project.config.root, name))) ?? this.#refusalOfEnvironment(environment)
      }
      case 'onCancel':
        // Those that `bail` counts are the only reason that a worker has.
        if (!project.vitest.config.bail) throw new Forged('a run without bail')
        return undefined
      case 'ensureModuleGraphEntry':
        return [first, second].some((id) => view.hides(pathOf(id as string))) ? new Error('No such module') : undefined
      case 'readBenchmarkResult':
        return this.#refusalOfReading(resolve(project.config.root, first as string))
    }
    return undefined
  }

  /** Files with their tests, whose ids are those that vitest gives them. */
  #take(files: FileTask[]): undefined {
    const { project } = this.#host
    this.#requireFiles(files.map(({ filepath }) => filepath))
    // vitest finds a file, too, by its id: another task with it would be taken for the file.
    const taken = new Map<string, Task>()
    for (const file of files as unknown as (FileTask & Task)[]) {
      if (file.id !== project.createSpecification(file.filepath).taskId) throw new Forged(inQuotes(file.id))
      if (file.viteEnvironment !== undefined) file.viteEnvironment = this.#modules.nameOfListed(file.viteEnvironment)
      this.#requireProject(file.projectName)
      const add = (task: Task) => {
        const { id, name, type, projectName, tasks = [] } = task
        if (taken.has(id) || (id !== file.id && !id.startsWith(`${file.id}_`))) throw new Forged(inQuotes(id))
        this.#requireProject(projectName ?? project.name)
        taken.set(id, task)
        this.#tasks.set(id, name)
        if (type === 'suite') tasks.forEach(add)
      }
      add(file)
    }
    const bounds = this.#bounds()
    const tasks = [...taken.values()]
    this.#tidy(
      tasks.map(({ result }) => result),
      bounds,
    )
    for (const task of tasks) {
      const { id, type, meta } = task
      boundFields(task, [...ties, 'meta', 'result', ...(type === 'suite' ? ['tasks'] : [])], bounds)
      task.meta = this.#boundMeta(id, meta, bounds)
      for (const name of notedByHost) if (name in task || (type === 'test' && name !== 'logs')) Object.assign(task, { [name]: [] })
    }
  }

  /** Results of tests, and what befell them. */
  #update(packs: Pack[], events: Event[]): undefined {
    for (const [id] of [...packs, ...events]) this.#requireTask(id)
    const bounds = this.#bounds()
    this.#tidy(
      packs.map(([, result]) => result),
      bounds,
    )
    for (const pack of new Set(packs)) if (pack[2]) pack[2] = this.#boundMeta(pack[0], pack[2], bounds)
    for (const event of new Set(events)) if (event[2]) event[2] = bounds.copy(event[2]).value
  }

  /** Tasks that something else than their suite leads to are left out: each has its whole file with it. */
  #bounds(): Bounds {
    return new Bounds((value) => isRecord(value) && 'file' in value && 'meta' in value && this.#tasks.has(value['id'] as string))
  }

  #boundMeta(id: string, meta: object, bounds: Bounds): Record<string, unknown> {
    const { value, isCut } = bounds.copy(meta)
    if (isCut)
      this.#host.warn(`the meta of ${inQuotes(this.#tasks.get(id) ?? id)} has more than reporters can write: some of it is left out`)
    return (value ?? {}) as Record<string, unknown>
  }

  /** A worker names what its config names. Which environment of nsbox's serves it is not for it to say. */
  #refusalOfEnvironment(name: string): Error | undefined {
    const environment = new Map(Object.entries(this.#host.project.vite.environments)).get(name)
    return environment && isOfProject(environment) ? undefined : new Error(`The environment ${quoted(name)} is not in Vite's config`)
  }

  #requireTask(id: string): undefined {
    if (!this.#tasks.has(id)) throw new Forged(inQuotes(id))
  }

  /** vitest's default project has no name. */
  #requireProject(name: string | null | undefined): undefined {
    if ((name ?? '') !== this.#host.project.name) throw new Forged(inQuotes(name ?? ''))
  }

  #requireFiles(files: readonly string[]): undefined {
    const other = files.find((file) => !this.#testFiles.has(file))
    if (other !== undefined) throw new Forged(inQuotes(other))
  }

  #refusalOfReading(path: string): Error | undefined {
    return this.#host.view.hides(path) ? new Error(`There is no ${quoted(path)} in the sandbox`) : undefined
  }

  #writeResult(message: unknown, [name, result]: unknown[]): void {
    const { root } = this.#host.project.config
    const path = resolve(root, name as string)
    // vitest itself has the words for it.
    if (!isWithin(path, root)) return this.#host.deliver(message)
    const refusal = saveResult(this.#places, path, result)
    if (refusal) this.refuse(message, refusal)
    else this.#host.answer({ t: 's', i: (message as RpcMessage).i })
  }

  /** For requests that tell nothing of what they have not found. */
  get #reader(): Reader {
    const { view, stray } = this.#host
    return { view, stray, missed: () => undefined }
  }

  get #places(): MirrorPlaces {
    const { workspaces, project, isShared } = this.#host
    return { workspaces, executed: () => executedFiles(project.vitest), isShared }
  }

  #tidy(results: readonly (Result | null | undefined)[], bounds: Bounds): void {
    const attempts = [...new Set(results.map((result) => result?.attempts ?? []))].flat()
    // What is in two places is in them afterwards too: vitest tells an error of an attempt by that.
    const [lists, copies] = [new Map<unknown[], unknown[]>(), new Map<unknown, unknown>()]
    // Texts that are equal become errors of their own.
    const copy = (error: unknown) => once(copies, isRecord(error) ? error : Symbol('text'), () => errorOf(bounds.copy(error).value))
    for (const result of new Set([...results, ...attempts])) {
      if (!result) continue
      boundFields(result, ['errors', 'attempts'], bounds)
      const { errors } = result
      if (errors) result.errors = once(lists, errors, () => Array.from(errors, copy))
    }
    const errors = [...copies.values()]
    tidyErrors(errors, this.#host.view, this.#testFiles)
    dropForgedChanges(errors, this.#places, this.owners)
  }

  /** Of no test. With this code vitest takes it for a word on a task that was skipped, and so has not failed, whosever it is. */
  #tidyError(sent: unknown): unknown {
    const error = this.#bounds().copy(sent).value
    if (isRecord(error) && error['code'] === 'VITEST_PENDING' && !this.#isTest(String(error['taskId']))) delete error['code']
    tidyErrors([error], this.#host.view, this.#testFiles)
    return error
  }

  /** The id of a test begins with that of its file: see #take. */
  #isTest(id: string): boolean {
    return this.#tasks.has(id) && id.includes('_')
  }
}

/** vitest's worker makes one of whatever is thrown. */
function errorOf(error: unknown): unknown {
  return isRecord(error) ? error : { message: textOf(error) }
}

/** Of a message. Its shape is judged again later. */
function bound(args: unknown[], index: number): undefined {
  args[index] = new Bounds().copy(args[index]).value
}

/** All but `left`. */
function boundFields(holder: object, left: readonly string[], bounds: Bounds): void {
  const fields = Object.entries(holder).filter(([name]) => !left.includes(name))
  const copy = bounds.copy(Object.fromEntries(fields)).value as Record<string, unknown>
  for (const [name] of fields) if (!Object.hasOwn(copy, name)) delete (holder as Record<string, unknown>)[name]
  Object.defineProperties(holder, Object.getOwnPropertyDescriptors(copy))
}

function once<Key, Value>(known: Map<Key, Value>, key: Key, make: () => Value): Value {
  const value = known.has(key) ? (known.get(key) as Value) : make()
  known.set(key, value)
  return value
}

/** vitest takes paths and addresses of files. */
function pathOf(id: string): string {
  try {
    return id.startsWith('file:') ? fileURLToPath(id) : id
  } catch {
    return id
  }
}
