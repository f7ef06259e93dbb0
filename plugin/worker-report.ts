// What the files of one worker left behind, file after file: looked for, put into vitest's messages, and handed on.

import type { Category } from '../src/config/report-options.ts'
import { type FileReport, fileReport, killedReport, type WrittenPlaces } from './file-report.ts'
import { leakError, leaksOf } from './leaks.ts'
import type { LeftBehind } from './left-behind.ts'
import type { FileRefusals } from './refusals.ts'
import { endsFile, type FileTask, queuedFile, type TaskUpdate, taskUpdate } from './task-updates.ts'
import type { FileUsage } from './worker-limits.ts'
import type { WorkerEnd, WorkerSandbox } from './workers.ts'
import { type Written, WrittenFiles } from './written-files.ts'

export interface ReportContext extends WrittenPlaces {
  /** False where nothing is looked for but writes, and those only in files that may not. */
  looks: boolean
  isUsual(path: string): boolean
  /** What fails a file. */
  strict(file: string): Category[]
  /** What a file is called. */
  name(file: string): string
  /** What the file tried to reach in vain. */
  refusals(file: string): FileRefusals
  /** A file runs, and is told of when this settles. */
  began(told: Promise<void>): void
  tell(file: string, report: FileReport): void
  /** Where vitest keeps a file whose worker says nothing more of it. */
  task(id: string): { meta: object } | undefined
}

type Pack = TaskUpdate['packs'][number]

export class WorkerReport {
  readonly #worker: WorkerSandbox
  readonly #context: ReportContext
  /** Paths that vitest knows of. */
  readonly #known = new Set<string>()
  #written: WrittenFiles | null | undefined
  #file: FileTask | undefined
  #told: PromiseWithResolvers<void> | undefined

  constructor(worker: WorkerSandbox, context: ReportContext) {
    this.#worker = worker
    this.#context = context
  }

  /** Not to be told of: vitest wrote it, or was handed it. */
  know(path: string): void {
    this.#known.add(path)
  }

  /** When the account of limits is in the message. What is to be done before vitest has it; undefined for nothing. */
  see(message: unknown, left: LeftBehind | undefined): Promise<void> | undefined {
    const queued = queuedFile(message)
    if (queued) return this.#begin(queued)
    const file = this.#file
    const update = file && taskUpdate(message)
    if (!file || !update || !endsFile(update, file.id)) return undefined
    const pack = update.packs.find(([id]) => id === file.id)
    const isWanted = this.#context.looks || this.#context.strict(file.filepath).length > 0
    if (!pack || !isWanted) return this.#end()
    const written = this.#look()
    if (!(written instanceof Promise)) return this.#tell(file, pack, left, written)
    return written.then((found) => this.#tell(file, pack, left, found))
  }

  /** The sandbox has ended. Of a file that did not come to its end, what it wrote is still there. */
  async ended(end: WorkerEnd): Promise<void> {
    const file = this.#file
    try {
      if (!file || !this.#context.looks) return
      const written = await this.#look()
      const refusals = this.#context.refusals(file.filepath)
      const report = { ...killedReport(end, written, { ...this.#worker.limits.held }, this.#context), ...refusals }
      const task = this.#context.task(file.id)
      if (task) task.meta = { ...task.meta, nsbox: report }
      this.#context.tell(file.filepath, report)
    } finally {
      this.#end()
    }
  }

  #begin(file: FileTask): undefined {
    this.#end()
    this.#file = file
    this.#told = Promise.withResolvers()
    this.#context.began(this.#told.promise)
  }

  #end(): undefined {
    this.#file = undefined
    this.#told?.resolve()
  }

  #look(): Written | null | Promise<Written> {
    if (this.#written === undefined) {
      const { layers } = this.#worker.uppers
      this.#written = layers ? new WrittenFiles(layers, (path) => this.#known.has(path) || this.#context.isUsual(path)) : null
    }
    return this.#written?.look() ?? null
  }

  #tell(file: FileTask, pack: Pack, left: LeftBehind | undefined, written: Written | null): undefined {
    const meta = pack[2] as { nsbox?: FileUsage }
    const report = { ...fileReport(left, written, meta.nsbox, this.#context), ...this.#context.refusals(file.filepath) }
    pack[2] = { ...meta, nsbox: report }
    // What fails a file is partly read from its source.
    const strict = leaksOf(report).length > 0 ? this.#context.strict(file.filepath) : []
    const error = leakError(this.#context.name(file.filepath), report, strict)
    if (error) pack[1] = { ...pack[1], state: 'fail', errors: [...(pack[1]?.errors ?? []), error] }
    this.#context.tell(file.filepath, report)
    this.#end()
  }
}
