// What a worker asks vitest's main process for. Tests run in the worker, so that none of it is to be trusted: it gets what its
// sandbox sees, and tells of its own files alone. The table in SECURITY.md has all methods.

import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { inQuotes, quoted } from '../src/quoted.ts'
import { mirrorPlace } from './mirror-place.ts'
import { type ModuleHost, type ModuleQuestion, ModuleRequests } from './module-requests.ts'
import { executedFiles } from './places.ts'
import type { FileTask } from './task-updates.ts'
import { isMethod } from './worker-messages.ts'

/** A message of birpc: a question, or an answer. */
interface RpcMessage {
  t?: 'q' | 's'
  i?: string
  m?: string
  a?: unknown[]
}

export interface RequestHost extends ModuleHost {
  workspaces: readonly string[]
}

interface Task {
  id: string
  tasks?: Task[]
}

/** vitest's own name for it. */
const unknownTest = '__vitest__unknown_test__'

/** The message tells of what is not the worker's. */
class Forged extends Error {}

export class WorkerRequests {
  readonly #host: RequestHost
  readonly #modules: ModuleRequests
  /** The files that the worker was given. */
  readonly testFiles: Set<string> = new Set()
  /** Ids of what they hold. */
  readonly #tasks = new Set<string>()

  constructor(host: RequestHost) {
    this.#host = host
    this.#modules = new ModuleRequests(host)
  }

  /** The worker is asked to run these, or to collect their tests. */
  gives(files: readonly string[]): void {
    for (const file of files) this.testFiles.add(file)
  }

  /**
   * From the worker, in a shape that is right. `own`: it may be about a module that a test wrote. Answers what no worker of
   * vitest's would have said, where that is so: it is not handed on.
   */
  asked(message: unknown, own: boolean): string | undefined {
    const { t, m: method, a: args = [] } = message as RpcMessage
    if (t !== 'q' || method === undefined) this.#host.deliver(message)
    else if (!isMethod(method)) this.refuse(message, new Error(`nsbox does not know vitest's method ${inQuotes(method)}`))
    else if (method === 'fetch' || method === 'resolve') this.#modules.asked(message as ModuleQuestion, own)
    else {
      try {
        const refusal = this.#refusalOf(method, args)
        if (refusal) this.refuse(message, refusal)
        else this.#host.deliver(message)
      } catch (error) {
        if (error instanceof Forged) return `${method} of ${error.message}`
        throw error
      }
    }
    return undefined
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
    const [first, second] = args
    const { project } = this.#host
    switch (method) {
      case 'onQueued':
        return this.#take([first as FileTask])
      case 'onCollected':
        return this.#take(first as FileTask[])
      case 'onTaskUpdate':
        for (const [id] of [...(first as [string][]), ...(second as [string][])]) this.#requireTask(id)
        return undefined
      case 'onTaskArtifactRecord':
      case 'onTestBenchmark':
        return this.#requireTask(first as string)
      case 'onUserConsoleLog': {
        const log = first as { taskId?: string }
        // vitest guesses it from the stack where no test runs.
        if (log.taskId !== undefined && !this.#tasks.has(log.taskId)) log.taskId = unknownTest
        return undefined
      }
      case 'fetchWarmModules':
      case 'prewarmModuleGraph':
        return this.#requireFiles(second as string[])
      case 'resolveSnapshotPath':
      case 'onTestModuleDependencies':
        return this.#requireFiles([first as string])
      case 'snapshotSaved':
        return this.#requireFiles([(first as { filepath: string }).filepath])
      case 'onAfterSuiteRun': {
        const { environment, testFiles } = first as { environment: string; testFiles: string[] }
        if (!Object.hasOwn(project.vite.environments, environment)) throw new Forged(inQuotes(environment))
        return this.#requireFiles(testFiles.map((name) => resolve(project.config.root, name)))
      }
      case 'onCancel':
        // Those that `bail` counts are the only reason that a worker has.
        if (!project.vitest.config.bail) throw new Forged('a run without bail')
        return undefined
      case 'ensureModuleGraphEntry':
        return this.#modules.isHidden(first as string) || this.#modules.isHidden(second as string) ? new Error('No such module') : undefined
      case 'readBenchmarkResult':
        return this.#refusalOfReading(resolve(project.config.root, first as string))
      case 'writeBenchmarkResult':
        return this.#refusalOfWriting(resolve(project.config.root, first as string))
    }
    return undefined
  }

  /** Files with their tests. */
  #take(files: FileTask[]): undefined {
    this.#requireFiles(files.map(({ filepath }) => filepath))
    const add = ({ id, tasks = [] }: Task) => {
      this.#tasks.add(id)
      tasks.forEach(add)
    }
    files.forEach(add)
  }

  #requireTask(id: string): undefined {
    if (!this.#tasks.has(id)) throw new Forged(inQuotes(id))
  }

  #requireFiles(files: readonly string[]): undefined {
    const other = files.find((file) => !this.testFiles.has(file))
    if (other !== undefined) throw new Forged(inQuotes(other))
  }

  #refusalOfReading(path: string): Error | undefined {
    try {
      return this.#modules.isHidden(realpathSync(path)) ? new Error(`There is no ${quoted(path)} in the sandbox`) : undefined
    } catch {
      // There is none on the host either.
      return undefined
    }
  }

  #refusalOfWriting(path: string): Error | undefined {
    try {
      mirrorPlace(this.#host.workspaces, path, executedFiles(this.#host.project))
      return undefined
    } catch (error) {
      return error as Error
    }
  }
}
