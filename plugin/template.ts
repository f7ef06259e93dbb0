// One zygote for all workers that could share it: same project, environment, env and node flags.

import type { ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import { canWarm, type StartMessage } from './messages.ts'
import type { WorkerSandbox, Workers } from './workers.ts'

/** A sandbox that was forked ahead and not wanted is ended after this long, in milliseconds. */
const spareLifetime = 1000

/** Forked ahead, for whoever asks for the same. */
interface Spare {
  key: string
  worker: WorkerSandbox
}

export class Template {
  readonly zygote: ZygoteProcess
  readonly #workers: Workers
  #warmed: Promise<void> | undefined
  #spare: Spare | undefined
  /** What the newest sandbox was asked to be, which the next one may be too. The first may be the only one. */
  #newest: string | undefined
  #expiry: NodeJS.Timeout | undefined

  constructor(zygote: ZygoteProcess, workers: Workers) {
    this.zygote = zygote
    this.#workers = workers
  }

  /** Sets vitest's environment up in the zygote, the first time; the children find it ready. */
  warm(start: StartMessage): Promise<void> {
    this.#warmed ??= canWarm(start) ? this.zygote.prepared.then(() => this.zygote.warm(start)) : this.zygote.prepared
    return this.#warmed
  }

  /** A sandbox whose worker waits for its first message. Where two were asked for alike, the third is forked ahead. */
  take(change?: Partial<SandboxRequest>): WorkerSandbox {
    const key = keyOf(change)
    const spare = this.#spare?.key === key ? this.#spare : undefined
    if (spare) this.#forget(spare)
    const worker = spare?.worker ?? this.#launch(change)
    if (key === this.#newest) setImmediate(() => this.#forkAhead(key, change))
    this.#newest = key
    return worker
  }

  async close(): Promise<void> {
    clearTimeout(this.#expiry)
    await this.zygote.close()
  }

  #forkAhead(key: string, change?: Partial<SandboxRequest>): void {
    if (this.#spare || !this.zygote.alive) return
    const worker = this.#launchAhead(change)
    if (!worker) return
    const spare = { key, worker }
    this.#spare = spare
    this.#expiry = setTimeout(() => {
      this.#forget(spare)
      worker.sandbox.kill()
    }, spareLifetime).unref()
    void worker.ended.then(() => this.#forget(spare))
  }

  #forget(spare: Spare): void {
    if (this.#spare !== spare) return
    this.#spare = undefined
    clearTimeout(this.#expiry)
  }

  /** Nobody waits for this one: what is wrong, the next that is wanted will tell. */
  #launchAhead(change?: Partial<SandboxRequest>): WorkerSandbox | undefined {
    try {
      return this.#launch(change)
    } catch {
      return undefined
    }
  }

  #launch(change?: Partial<SandboxRequest>): WorkerSandbox {
    return this.#workers.launch(this.zygote, { kind: 'preloaded', data: undefined }, change)
  }
}

function keyOf(change: Partial<SandboxRequest> | undefined): string {
  return JSON.stringify(change ?? null)
}
