// Stops all processes of a sandbox again and again while its tests run, and always lets them go on at the end.

import { setTimeout as sleep } from 'node:timers/promises'
import { NsboxError } from '../src/errors.ts'
import type { SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { Pulse } from '../src/stress/pulses.ts'

export class PulseDriver {
  readonly #limits: Pick<SandboxLimits, 'freeze' | 'thaw'>
  readonly #schedule: Iterable<Pulse>
  readonly #over = new AbortController()
  #driven: Promise<void> | undefined
  /** Stops until now. */
  count = 0

  constructor(limits: Pick<SandboxLimits, 'freeze' | 'thaw'>, schedule: Iterable<Pulse>) {
    this.#limits = limits
    this.#schedule = schedule
  }

  /** From now on; again it changes nothing. */
  begin(): void {
    this.#driven ??= this.#drive()
    // Whoever ends it hears of it.
    this.#driven.catch(() => undefined)
  }

  /** Settles when it goes on, and is stopped no more. Rejects with what kept it from being stopped; that it has ended is no reason. */
  async end(): Promise<void> {
    this.#over.abort()
    await this.#driven
  }

  async #drive(): Promise<void> {
    try {
      for (const { runMs, stopMs } of this.#schedule) {
        await this.#wait(runMs)
        if (!this.#over.signal.aborted) await this.#stopFor(stopMs)
        if (this.#over.signal.aborted) return
      }
    } catch (error) {
      if (!(NsboxError.is(error) && error.code === 'ERR_NSBOX_ENDED')) throw error
    }
  }

  /** Each order is waited for: a stop that came after the last thaw would hold for ever. */
  async #stopFor(ms: number): Promise<void> {
    try {
      await this.#limits.freeze()
      this.count++
      await this.#wait(ms)
    } finally {
      await this.#limits.thaw()
    }
  }

  /** Less when it is over before. */
  async #wait(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#over.signal }).catch(() => undefined)
  }
}
