// One zygote for all workers that could share it: same project, environment, env and node flags.

import type { ZygoteProcess } from '../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../src/plan/request.ts'
import { canWarm, type StartMessage } from './messages.ts'
import type { WorkerSandbox, Workers } from './workers.ts'

/** A sandbox that was forked ahead and not wanted is ended after this long, in milliseconds. */
const spareLifetime = 1000

export class Template {
  readonly zygote: ZygoteProcess
  readonly #workers: Workers
  #warmed: Promise<void> | undefined
  #spare: WorkerSandbox | undefined
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

  /** A sandbox whose worker waits for its first message. Forks the next one ahead, unless this one is a special one. */
  take(change?: Partial<SandboxRequest>): WorkerSandbox {
    if (change) return this.#launch(change)
    const worker = this.#spare ?? this.#launch()
    this.#spare = undefined
    clearTimeout(this.#expiry)
    setImmediate(() => this.#forkAhead())
    return worker
  }

  async close(): Promise<void> {
    clearTimeout(this.#expiry)
    await this.zygote.close()
  }

  #forkAhead(): void {
    if (this.#spare || !this.zygote.alive) return
    const spare = this.#launchAhead()
    if (!spare) return
    this.#spare = spare
    const forget = () => {
      if (this.#spare === spare) this.#spare = undefined
    }
    this.#expiry = setTimeout(() => {
      forget()
      spare.sandbox.kill()
    }, spareLifetime).unref()
    void spare.ended.then(forget)
  }

  /** Nobody waits for this one: what is wrong, the next that is wanted will tell. */
  #launchAhead(): WorkerSandbox | undefined {
    try {
      return this.#launch()
    } catch {
      return undefined
    }
  }

  #launch(change?: Partial<SandboxRequest>): WorkerSandbox {
    return this.#workers.launch(this.zygote, { kind: 'preloaded', data: undefined }, change)
  }
}
