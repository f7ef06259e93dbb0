// What the files of one worker left behind, file after file: looked for, put into vitest's messages, and handed on.

import type { Category } from '../src/config/report-options.ts'
import { bothReports, type FileReport, fileReport, killedReport, type WrittenPlaces } from './file-report.ts'
import { type LeakError, leakError } from './leaks.ts'
import type { LeftBehind } from './left-behind.ts'
import { OutsideLook } from './outside-look.ts'
import type { FileRefusals } from './refusals.ts'
import { endsFile, finishesFiles, queuedFile, type TaskUpdate, taskUpdate } from './task-updates.ts'
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
  /** vitest's id of a file. */
  idOf(file: string): string
  /** What the file tried to reach in vain. */
  refusals(file: string): FileRefusals
  /** Files run, and are told of when this settles. */
  began(told: Promise<void>): void
  tell(file: string, report: FileReport): void
  /** Where vitest keeps a file. */
  task(id: string): HostTask | undefined
}

type Pack = TaskUpdate['packs'][number]

interface HostTask {
  mode: string
  result?: Pack[1]
  meta: object
}

interface FileName {
  id: string
  filepath: string
}

/** What is held against a file, whatever its worker says of it later. */
interface Verdict {
  file: FileName
  report: FileReport
  error: LeakError | undefined
}

export class WorkerReport {
  readonly #worker: WorkerSandbox
  readonly #context: ReportContext
  /** Tells vitest of a file in the worker's place. */
  readonly #amend: (pack: Pack) => void
  /** Paths that vitest knows of. */
  readonly #known = new Set<string>()
  #written: WrittenFiles | null | undefined
  #outside: OutsideLook | null | undefined
  /** The file that runs. */
  #file: FileName | undefined
  #strict: readonly Category[] = []
  /** Of the files that run or ran, in this request of vitest's; by their ids. */
  readonly #verdicts = new Map<string, Verdict>()
  #told: PromiseWithResolvers<void> | undefined

  constructor(worker: WorkerSandbox, context: ReportContext, amend: (pack: Pack) => void) {
    this.#worker = worker
    this.#context = context
    this.#amend = amend
  }

  /** Not to be told of: vitest wrote it, or was handed it. */
  know(path: string): void {
    this.#known.add(path)
  }

  /** The worker is asked to run these. */
  begin(files: readonly string[]): void {
    const { began, idOf } = this.#context
    this.#settle()
    this.#told = Promise.withResolvers()
    began(this.#told.promise)
    const [first] = files
    if (first !== undefined) this.#enter({ id: idOf(first), filepath: first })
  }

  /** When the account of limits is in the message. What is to be done before vitest has it; undefined for nothing. */
  see(message: unknown, left: LeftBehind | undefined): Promise<void> | undefined {
    const file = this.#file
    if (!file) return undefined
    const queued = queuedFile(message)
    if (queued && queued.id !== file.id) return after(this.#lookAgain(file), () => this.#enter(queued))
    if (finishesFiles(message)) return this.#finish(file)
    const update = taskUpdate(message)
    if (!update) return undefined
    if (!endsFile(update, file.id)) return this.#hold(update)
    const pack = update.packs.find(([id]) => id === file.id)
    return after(this.#judge(file, left, pack), () => this.#hold(update))
  }

  /** The sandbox has ended. Of a file that did not come to its end, what it wrote is still there. */
  async ended(end: WorkerEnd): Promise<void> {
    const file = this.#file
    try {
      if (!file || this.#verdicts.has(file.id) || !this.#context.looks) return
      const written = await this.#look()
      const refusals = this.#context.refusals(file.filepath)
      const report = { ...killedReport(end, written, { ...this.#worker.limits.held }, this.#context), ...refusals }
      const task = this.#context.task(file.id)
      if (task) task.meta = { ...task.meta, nsbox: report }
      this.#context.tell(file.filepath, report)
    } finally {
      this.#settle()
    }
  }

  async #finish(file: FileName): Promise<void> {
    await this.#lookAgain(file)
    // vitest takes what it was told in this turn of the event loop a little later.
    await new Promise((resolve) => setImmediate(resolve))
    this.#settle()
  }

  #enter(file: FileName): undefined {
    this.#file = file
    this.#strict = this.#context.strict(file.filepath)
    if (this.#outside === undefined && this.#watchesOutside) this.#outside = OutsideLook.at(this.#worker.sandbox.pid) ?? null
    if (this.#watchesOutside) this.#outside?.begin()
  }

  get #watchesOutside(): boolean {
    const { namespaces } = this.#worker.plan
    return namespaces.includes('pid') && (this.#strict.includes('processes') || this.#strict.includes('ports'))
  }

  /** Before its worker says more: a file that may not leave anything could have said too early that it is over, or nothing of it. */
  #lookAgain(file: FileName): Promise<void> | undefined {
    return this.#strict.length > 0 || !this.#verdicts.has(file.id) ? this.#judge(file, undefined, undefined) : undefined
  }

  #judge(file: FileName, left: LeftBehind | undefined, pack: Pack | undefined): Promise<void> | undefined {
    if (!this.#context.looks && this.#strict.length === 0) return undefined
    const written = this.#look()
    const before = this.#verdicts.get(file.id)?.report
    const usage = (pack?.[2] as { nsbox?: FileUsage } | undefined)?.nsbox ?? (left ? undefined : before)
    return after(written, (found) => {
      const now = { ...fileReport(left, found, usage, this.#context), ...this.#context.refusals(file.filepath) }
      const report = before ? bothReports(before, now) : now
      const alive = this.#watchesOutside ? this.#outside?.look(report) : undefined
      return after(alive, (seen) => this.#decide(file, { ...report, ...seen }))
    })
  }

  /** vitest may have what was decided before: it is changed where it is. */
  #decide(file: FileName, now: FileReport): undefined {
    const error = leakError(this.#context.name(file.filepath), now, this.#strict)
    const before = this.#verdicts.get(file.id)
    const report = Object.assign(before?.report ?? {}, now)
    this.#verdicts.set(file.id, { file, report, error: error && Object.assign(before?.error ?? {}, error) })
  }

  #look(): Written | null | Promise<Written> {
    if (this.#written === undefined) {
      const { layers } = this.#worker.uppers
      this.#written = layers ? new WrittenFiles(layers, (path) => this.#known.has(path) || this.#context.isUsual(path)) : null
    }
    return this.#written?.look() ?? null
  }

  #hold({ packs }: TaskUpdate): undefined {
    for (const pack of packs) {
      const verdict = this.#verdicts.get(pack[0])
      if (verdict) hold(pack, verdict)
    }
  }

  /** Nothing that the worker says of these files counts any more. */
  #settle(): undefined {
    for (const { file, report, error } of this.#verdicts.values()) {
      const task = this.#context.task(file.id)
      if (task && !holds(task, report, error)) {
        const pack: Pack = [file.id, task.result && { ...task.result }, { ...task.meta }]
        hold(pack, { report, error })
        this.#amend(pack)
      }
      // To vitest a file whose tests are all skipped is skipped, whatever its result is.
      if (task && error) task.mode = 'run'
      this.#context.tell(file.filepath, report)
    }
    this.#verdicts.clear()
    this.#file = undefined
    this.#told?.resolve()
  }
}

function hold(pack: Pack, { report, error }: Pick<Verdict, 'report' | 'error'>): void {
  pack[2] = { ...pack[2], nsbox: report }
  if (error) pack[1] = { ...pack[1], state: 'fail', errors: [...(pack[1]?.errors ?? []), error] }
}

function holds({ result, meta }: HostTask, report: FileReport, error: LeakError | undefined): boolean {
  if ((meta as { nsbox?: unknown }).nsbox !== report) return false
  return !error || (result?.state === 'fail' && result.errors?.includes(error) === true)
}

/** At once where nothing takes time. */
function after<T, R>(value: T | Promise<T>, next: (value: T) => R | Promise<R> | undefined): Promise<R> | undefined {
  if (value instanceof Promise) return value.then(next) as Promise<R>
  const result = next(value)
  return result instanceof Promise ? result : undefined
}
