// Stops a sandbox again and again, and always lets it go on at the end.

import { setTimeout as sleep } from 'node:timers/promises'
import { NsboxError } from '../src/errors.ts'
import type { SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { Pulse } from '../src/stress/pulses.ts'

export class PulseDriver {
  readonly #limits: Pick<SandboxLimits, 'freeze' | 'thaw'>
  readonly #schedule: Iterator<Pulse, unknown>
  #over: AbortController | undefined
  #driven: Promise<void> = Promise.resolve()
  /** Stops that have begun. */
  count = 0

  constructor(limits: Pick<SandboxLimits, 'freeze' | 'thaw'>, schedule: Iterable<Pulse>) {
    this.#limits = limits
    this.#schedule = schedule[Symbol.iterator]()
  }

  /** From now on; again it changes nothing. */
  begin(): void {
    if (this.#over) return
    this.#over = new AbortController()
    this.#driven = this.#drive(this.#over.signal)
    // Whoever ends it hears of it.
    this.#driven.catch(() => undefined)
  }

  /**
   * Settles when it runs, and is stopped no more. Rejects with what kept it from being stopped; that it has ended is
   * no reason.
   */
  async end(): Promise<void> {
    this.#over?.abort()
    await this.#driven
  }

  async #drive(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        const { value } = this.#schedule.next() as IteratorYieldResult<Pulse>
        await waited(value.runMs, signal)
        if (signal.aborted) return
        await this.#stopFor(value.stopMs, signal)
      }
    } catch (error) {
      if (!(NsboxError.is(error) && error.code === 'ERR_NSBOX_ENDED')) throw error
    }
  }

  /** An order that is under way is waited for: one that came after the last thaw would hold for ever. */
  async #stopFor(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#limits.freeze()
      this.count++
      await waited(ms, signal)
    } finally {
      await this.#limits.thaw()
    }
  }
}

/** Or less, when it is over before. */
async function waited(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
