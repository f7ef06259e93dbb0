// Attempts over worker processes, which stay for the whole campaign: each has a warm vitest and its zygote.

import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { type ErrorData, errorFromData, NsboxError } from '../errors.ts'
import { settledWithin } from '../launch/settled.ts'
import { oneLine, quoted } from '../quoted.ts'
import { Admission } from './admission.ts'
import type { AttemptOrder, AttemptResult, AttemptTask, CampaignSetting, Found } from './attempt.ts'
import { leaveLimit, type Relayed, type RelayedTask } from './attempt-relay.ts'
import { attemptsEntry, relayEntry } from './entry.ts'
import { forSandboxes, jobsFor, machineHere, shareOf } from './machine-share.ts'

export interface AttemptPoolOptions {
  /** Worker processes, and so attempts at once. @default as many as there are processors, and memory for */
  jobs?: number | undefined
  /** Of the worker processes, and so of the tests. @default this process's own */
  env?: NodeJS.ProcessEnv
  /** Is told, in one line, when a worker process was lost. */
  say?: (words: string) => void
  /** Modules of tinypool's threads and of the worker processes. @default those that belong to this file, source or built */
  entries?: { relay: string; attempts: string }
}

/** How often an attempt is made again because its worker process was lost. */
const losses = 3
/** A worker keeps to the time limit of an attempt itself. One that does not in this time after it is taken for lost. */
const lateMs = 60_000
/** Looking for test files: what the option setup runs may take minutes. In milliseconds. */
const findMs = 1_800_000
/** A thread of tinypool's keeps to its time limit, and ends its worker process. One that does not in this time after it is given up. */
const giveUpMs = leaveLimit + 10_000

export class AttemptPool {
  readonly jobs: number
  readonly #setting: CampaignSetting
  readonly #tinypool: Tinypool
  readonly #attempts: string
  readonly #admission: Admission
  readonly #say: (words: string) => void
  readonly #measured = new Map<string, number>()
  /** What runs, and what cancels it. */
  readonly #running = new Map<Promise<Relayed>, () => void>()
  #closing: Promise<void> | undefined

  constructor(
    setting: CampaignSetting,
    { jobs, env = process.env, say = () => undefined, entries = { relay: relayEntry, attempts: attemptsEntry } }: AttemptPoolOptions = {},
  ) {
    const machine = machineHere()
    this.#setting = setting
    this.jobs = jobs ?? jobsFor(machine)
    this.#attempts = entries.attempts
    this.#admission = new Admission(this.jobs, forSandboxes(machine, this.jobs))
    this.#say = say
    this.#tinypool = new Tinypool({
      filename: entries.relay,
      runtime: 'worker_threads',
      minThreads: this.jobs,
      maxThreads: this.jobs,
      isolateWorkers: false,
      // A thread that waits has to hear of the end of its worker process.
      useAtomics: false,
      execArgv: [],
      env: env as Record<string, string>,
    })
    // Of a thread without a task. The next task says what is wrong.
    this.#tinypool.on('error', () => undefined)
  }

  /** Which files have tests. @throws NsboxError where the project's vitest does not start, or no sandbox can be had */
  async find(): Promise<Found> {
    return (await this.#do({ do: 'find', setting: this.#setting }, findMs)) as Found
  }

  /**
   * Waits for its share of the machine, and for a worker process.
   * @throws NsboxError where no sandbox could be made, which is no result; and when the pool was closed or `signal` aborted
   */
  async run(order: AttemptOrder, { signal }: { signal?: AbortSignal } = {}): Promise<AttemptResult> {
    const release = await this.#admission.take(shareOf(order, this.#measured.get(order.file)))
    try {
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

  /** Nothing here waits without an end: worker processes that are left notice that their channels close. */
  async #end(): Promise<void> {
    for (const cancel of this.#running.values()) cancel()
    await settledWithin(this.#running.keys(), giveUpMs)
    // All threads wait for a task, so that each gets one of these.
    const ended = Array.from({ length: this.jobs }, () => this.#relay(null, 0))
    await settledWithin(ended, giveUpMs)
    await settledWithin([this.#tinypool.destroy()], giveUpMs)
  }

  /** A worker process that is lost takes no result with it: the task is done again by another one. */
  async #do(task: AttemptTask, limitMs: number, signal?: AbortSignal): Promise<unknown> {
    for (let lost = 1; ; lost++) {
      signal?.throwIfAborted()
      if (this.#closing) throw closed()
      const relayed = await this.#cancellable(task, limitMs, signal)
      if ('result' in relayed) return relayed.result
      if ('error' in relayed) throw errorOf(relayed.error)
      signal?.throwIfAborted()
      if (this.#closing || 'cancelled' in relayed) throw closed()
      if (lost === losses) throw lostTooOften(task, relayed)
      this.#say(`a worker process ${oneLine(relayed.lost)}; ${describe(task)} again on another one`)
    }
  }

  async #cancellable(task: AttemptTask, limitMs: number, signal: AbortSignal | undefined): Promise<Relayed> {
    const { port1, port2 } = new MessageChannel()
    const cancel = () => port1.postMessage(null)
    const relayed = this.#relay(task, limitMs, port2)
    this.#running.set(relayed, cancel)
    signal?.addEventListener('abort', cancel)
    try {
      return await relayed
    } finally {
      signal?.removeEventListener('abort', cancel)
      this.#running.delete(relayed)
      port1.close()
    }
  }

  /** Never rejects. Its timer keeps node alive, which tinypool does not. */
  async #relay(task: AttemptTask | null, limitMs: number, cancel = new MessageChannel().port2): Promise<Relayed> {
    const overdue = Promise.withResolvers<Relayed>()
    const timer = setTimeout(() => overdue.resolve({ lost: 'cannot be reached' }), limitMs + giveUpMs)
    const relayed: RelayedTask = { entry: this.#attempts, task, limitMs, cancel }
    const answered = (this.#tinypool.run(relayed, { transferList: [cancel] }) as Promise<Relayed>).catch((error: unknown) => {
      return { lost: `cannot be reached: ${error instanceof Error ? error.message : String(error)}` }
    })
    try {
      return await Promise.race([answered, overdue.promise])
    } finally {
      clearTimeout(timer)
    }
  }
}

/** What a worker threw travels without its class. */
function errorOf(error: ErrorData | Error): unknown {
  return 'stage' in error ? errorFromData(error) : error
}

function closed(): NsboxError {
  return new NsboxError('the attempts were closed', { code: 'ERR_NSBOX_CLOSED', stage: 'launch' })
}

function describe(task: AttemptTask): string {
  return task.do === 'find' ? 'test files are looked for' : `its attempt of ${quoted(task.order.file)} is made`
}

function lostTooOften(task: AttemptTask, { lost: what, itself = false }: Extract<Relayed, { lost: string }>): NsboxError {
  const doing = task.do === 'find' ? 'looking for test files' : `an attempt of ${quoted(task.order.file)}`
  return new NsboxError(`${losses} worker processes in a row were lost at ${doing}; the last one ${oneLine(what)}`, {
    code: 'ERR_NSBOX_WORKER_LOST',
    stage: itself ? 'payload' : 'launch',
    hint: itself
      ? 'What the config or a plugin runs has ended them: npx vitest run shows it.'
      : 'If nobody killed them, the machine may be out of memory (dmesg has the words of the kernel): try --jobs 1',
  })
}
