// Attempts over worker processes, which stay for the whole campaign: each has a warm vitest and its zygote.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { Tinypool } from 'tinypool'
import { type ErrorData, errorFromData, NsboxError } from '../errors.ts'
import { Admission } from './admission.ts'
import type { AttemptOrder, AttemptResult, AttemptTask, CampaignSetting, Found } from './attempt.ts'
import { attemptsEntry } from './entry.ts'
import { forSandboxes, jobsFor, machineHere, shareOf } from './machine-share.ts'

export interface AttemptPoolOptions {
  /** Worker processes, and so attempts at once. @default as many as there are processors, and memory for */
  jobs?: number | undefined
  /** Of the worker processes, and so of the tests. @default this process's own */
  env?: NodeJS.ProcessEnv
  /** Is told, in one line, when a worker process was lost. */
  say?: (words: string) => void
  /** Module of the worker processes. @default the one that belongs to this file, source or built */
  entry?: string
}

/** How often an attempt is made again because its worker process was lost. */
const losses = 3
/** A worker keeps to the time limit of an attempt itself. One that does not in this time after it is taken for lost. */
const lateMs = 60_000

/** The little of tinypool's workers that is needed here. */
interface Worker {
  process: ChildProcess
}

export class AttemptPool {
  readonly jobs: number
  readonly #setting: CampaignSetting
  readonly #tinypool: Tinypool
  readonly #admission: Admission
  readonly #say: (words: string) => void
  readonly #measured = new Map<string, number>()
  readonly #watched = new WeakSet<object>()
  #lastEnd = 'ended'
  #closing: Promise<void> | undefined

  constructor(
    setting: CampaignSetting,
    { jobs, env = process.env, say = () => undefined, entry = attemptsEntry }: AttemptPoolOptions = {},
  ) {
    const machine = machineHere()
    this.#setting = setting
    this.jobs = jobs ?? jobsFor(machine)
    this.#admission = new Admission(this.jobs, forSandboxes(machine, this.jobs))
    this.#say = say
    this.#tinypool = new Tinypool({
      filename: entry,
      runtime: 'child_process',
      serialization: 'advanced',
      minThreads: this.jobs,
      maxThreads: this.jobs,
      isolateWorkers: false,
      // Whatever flags this node was started with are not meant for theirs: vitest wants threads.
      execArgv: [],
      env: env as Record<string, string>,
    })
    // Of a worker without a task: tinypool starts another one.
    this.#tinypool.on('error', () => undefined)
  }

  /** Which files have tests. @throws NsboxError where the project's vitest does not start, or no sandbox can be had */
  async find(): Promise<Found> {
    return (await this.#do({ do: 'find', setting: this.#setting })) as Found
  }

  /**
   * Waits for its share of the machine, and for a worker process.
   * @throws NsboxError where no sandbox could be made, which is no result; and when the pool was closed or `signal` aborted
   */
  async run(order: AttemptOrder, { signal }: { signal?: AbortSignal } = {}): Promise<AttemptResult> {
    const release = await this.#admission.take(shareOf(order, this.#measured.get(order.file)))
    try {
      signal?.throwIfAborted()
      const task: AttemptTask = { do: 'attempt', setting: this.#setting, order }
      const result = (await this.#do(task, order.timeoutMs + lateMs, signal)) as AttemptResult
      const peak = result.usage.memoryPeakBytes ?? 0
      if (peak > (this.#measured.get(order.file) ?? 0)) this.#measured.set(order.file, peak)
      return result
    } finally {
      release()
    }
  }

  /** Everything that runs is killed. */
  async close(): Promise<void> {
    this.#closing ??= this.#end()
    await this.#closing
  }

  async #end(): Promise<void> {
    const workers = this.#tinypool.threads as unknown as Worker[]
    // tinypool unrefs idle workers. Without these, node would exit while they end, with exit code 0 and before its caller's last words.
    for (const { process } of workers) process.ref()
    const ended = workers.map((worker) => exitOf(worker.process))
    // tinypool waits for the end of a worker for ever where it came before.
    await Promise.race([this.#tinypool.destroy(), Promise.all(ended)])
  }

  /** A worker process that is lost takes no result with it: the task is done again by another one. */
  async #do(task: AttemptTask, limitMs?: number, cancelled?: AbortSignal): Promise<unknown> {
    for (let lost = 1; ; lost++) {
      // tinypool would start another worker process.
      if (this.#closing) throw new NsboxError('the attempts were closed', { code: 'ERR_NSBOX_CLOSED', stage: 'launch' })
      this.#watch()
      const late = limitMs === undefined ? undefined : AbortSignal.timeout(limitMs)
      const signals = [late, cancelled].filter((signal) => signal !== undefined)
      try {
        return await this.#tinypool.run(task, { ...(signals.length > 0 && { signal: AbortSignal.any(signals) }) })
      } catch (error) {
        const own = asNsboxError(error)
        if (own || this.#closing || cancelled?.aborted) throw own ?? error
        const what = late?.aborted ? 'did not end its attempt in time' : this.#lastEnd
        if (!late?.aborted && !isLoss(error)) throw error
        if (lost === losses) throw lostTooOften(task, what)
        this.#say(`a worker process ${what}; ${describe(task)} again on another one`)
      }
    }
  }

  /** tinypool tells that a worker has ended, and not how; and passes on what it prints to this process's stdout, which is for results. */
  #watch(): void {
    for (const worker of this.#tinypool.threads as unknown as Worker[]) {
      if (this.#watched.has(worker)) continue
      this.#watched.add(worker)
      worker.process.stdout?.unpipe(process.stdout)
      worker.process.stdout?.pipe(process.stderr)
      worker.process.once('exit', (code, signal) => {
        this.#lastEnd = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`
      })
    }
  }
}

async function exitOf(worker: ChildProcess): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit')
}

/** What a worker threw travels without its class. */
function asNsboxError(error: unknown): NsboxError | undefined {
  if (NsboxError.is(error)) return error
  const data = error as Partial<ErrorData>
  return data.code?.startsWith('ERR_NSBOX_') ? errorFromData(data as ErrorData) : undefined
}

/** In words of tinypool, and of child_process where a message was on its way to a process that ended. */
function isLoss(error: unknown): boolean {
  const { message, code } = error as NodeJS.ErrnoException
  return message === 'Worker exited unexpectedly' || ['ERR_IPC_CHANNEL_CLOSED', 'EPIPE'].includes(code ?? '')
}

function describe(task: AttemptTask): string {
  return task.do === 'find' ? 'test files are looked for' : `its attempt of ${task.order.file} is made`
}

function lostTooOften(task: AttemptTask, what: string): NsboxError {
  const doing = task.do === 'find' ? 'looking for test files' : `an attempt of ${task.order.file}`
  return new NsboxError(`${losses} worker processes in a row were lost at ${doing}; the last one ${what}`, {
    code: 'ERR_NSBOX_WORKER_LOST',
    stage: 'launch',
    hint: 'If nobody killed them, the machine may be out of memory (dmesg has the words of the kernel): try --jobs 1',
  })
}
