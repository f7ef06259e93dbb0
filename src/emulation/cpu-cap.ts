// How much CPU time is left of each period, as cpu.max counts it. Pure: times are given, in nanoseconds.

import type { CpuLimit } from '../plan/limits.ts'

const millisecond = 1e6
/** A look takes tens of microseconds, and poll(2) waits for whole milliseconds. */
const shortest = millisecond
/** While they are stopped, so long after the last look. */
const whileStopped = 4 * millisecond
/** Below this share of a processor nobody is at work. */
const idle = 0.02

export class CpuCap {
  readonly #period: number
  readonly #quota: number
  readonly #processors: number
  /** What may be used until the period ends; what was used beyond it is paid back from the next ones. */
  #left: number
  #periodEnd: number
  #last: { now: number; total: number }
  #rate = 0
  #ran = false
  #stopped = false
  #stoppedAt: number | undefined
  #periods = 0
  #throttledPeriods = 0
  #throttled = 0

  /** `processors` is how many can be busy at once. */
  constructor({ share, periodMs }: CpuLimit, processors: number, now: number, total: number) {
    this.#period = periodMs * millisecond
    this.#quota = share * this.#period
    this.#processors = processors
    this.#left = this.#quota
    this.#periodEnd = now + this.#period
    this.#last = { now, total }
  }

  get exhausted(): boolean {
    return this.#left <= 0
  }

  get counts(): { periods: number; throttledPeriods: number; throttled: number } {
    const { now } = this.#last
    return {
      periods: this.#periods,
      throttledPeriods: this.#throttledPeriods,
      throttled: this.#throttled + (this.#stoppedAt === undefined ? 0 : now - this.#stoppedAt),
    }
  }

  /** `total` is the CPU time used so far. */
  charge(total: number, now: number): void {
    const used = total - this.#last.total
    const passed = now - this.#last.now
    this.#rate = passed > 0 ? used / passed : this.#rate
    this.#last = { now, total }
    this.#left -= used
    this.#ran ||= used > 0
    if (now >= this.#periodEnd) this.#refill(now)
    if (this.exhausted && this.#stoppedAt === undefined) this.#stoppedAt = now
    if (!this.exhausted && this.#stoppedAt !== undefined) {
      this.#throttled += now - this.#stoppedAt
      this.#stoppedAt = undefined
    }
    this.#stopped ||= this.exhausted
  }

  #refill(now: number): void {
    const passed = Math.floor((now - this.#periodEnd) / this.#period) + 1
    if (this.#stoppedAt !== undefined) this.#throttledPeriods += passed
    else if (this.#stopped) this.#throttledPeriods++
    if (this.#stoppedAt !== undefined) this.#periods += passed
    else if (this.#ran) this.#periods++
    this.#ran = false
    this.#stopped = false
    this.#periodEnd += passed * this.#period
    this.#left = Math.min(this.#quota, this.#left + passed * this.#quota)
  }

  /** Until then nothing can be left. */
  get stoppedUntil(): number {
    return this.exhausted ? this.#periodEnd : 0
  }

  /** Nanoseconds until somebody has to look again. */
  next(now: number): number {
    const untilEnd = this.#periodEnd - now
    if (this.exhausted) return Math.min(untilEnd, whileStopped)
    const soonest = this.#left / this.#processors
    // A burst after a rest is seen late, and paid back.
    const wait = this.#rate < idle ? Math.max(soonest, this.#period / 8) : soonest
    return Math.max(shortest, Math.min(untilEnd, wait))
  }
}
