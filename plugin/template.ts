// One zygote for all workers that could share it: same project, environment, env and node flags.

import type { Plans } from '../src/launch/plans.ts'
import type { Sandbox } from '../src/launch/sandbox.ts'
import type { ZygoteProcess } from '../src/launch/zygote-process.ts'
import { canWarm, type StartMessage } from './messages.ts'

/** A sandbox that was forked ahead and not wanted is ended after this long, in milliseconds. */
const spareLifetime = 1000

export class Template {
  readonly zygote: ZygoteProcess
  readonly #plans: Plans
  #warmed: Promise<void> | undefined
  #spare: Sandbox | undefined
  #expiry: NodeJS.Timeout | undefined

  constructor(zygote: ZygoteProcess, plans: Plans) {
    this.zygote = zygote
    this.#plans = plans
  }

  /** Sets vitest's environment up in the zygote, the first time; the children find it ready. */
  warm(start: StartMessage): Promise<void> {
    this.#warmed ??= canWarm(start) ? this.zygote.prepared.then(() => this.zygote.warm(start)) : this.zygote.prepared
    return this.#warmed
  }

  /** A sandbox whose worker waits for its first message. Forks the next one ahead. */
  take(): Sandbox {
    const sandbox = this.#spare ?? this.#launch()
    this.#spare = undefined
    clearTimeout(this.#expiry)
    setImmediate(() => this.#forkAhead())
    return sandbox
  }

  async close(): Promise<void> {
    clearTimeout(this.#expiry)
    await this.zygote.close()
  }

  #forkAhead(): void {
    if (this.#spare || !this.zygote.alive) return
    const spare = this.#launch()
    this.#spare = spare
    const forget = () => {
      if (this.#spare === spare) this.#spare = undefined
    }
    this.#expiry = setTimeout(() => {
      forget()
      spare.kill()
    }, spareLifetime).unref()
    void spare.ended.then(forget)
  }

  #launch(): Sandbox {
    const { plan, release } = this.#plans.next()
    const sandbox = this.zygote.launch(plan, { kind: 'preloaded', data: undefined })
    void sandbox.ended.then(release)
    return sandbox
  }
}
