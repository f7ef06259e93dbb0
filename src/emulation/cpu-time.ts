// The CPU time of all processes that are or were in a sandbox, in nanoseconds. It never goes back.

import { cpuNanos } from '../sys/cpu-clock.ts'
import { childrenUsage } from '../sys/usage.ts'
import type { Member } from './members.ts'

/** USER_HZ is 100 on x64 and arm64 (time(7)). */
const tick = 1e7

interface Entry {
  start: string
  /** Of its own threads. */
  own: number
  childTicks: number
}

/**
 * Who ends and is waited for hands his time over to his parent's count of children, which has a resolution
 * of two clock ticks. What is known of him better stays the estimate until that count is above it.
 */
export class CpuTime {
  #entries = new Map<number, Entry>()
  /** Of children that were waited for. */
  #ended = 0
  /** Of children whose parents ignore SIGCHLD: their time goes to nobody (wait(2), NOTES). */
  #lost = 0
  #total = 0

  get total(): number {
    return this.#total
  }

  /**
   * `members` has been read before the clocks are: who ends in between is counted late, and not twice.
   * What is born and gone between two calls, below a parent that ignores SIGCHLD, is not seen.
   */
  update(members: readonly Member[]): number {
    const before = this.#entries
    this.#entries = new Map()
    let [own, ticks, parents] = [0, 0, 1]
    for (const { pid, start, childTicks } of members) {
      const known = before.get(pid)
      const same = known?.start === start ? known : undefined
      const nanos = cpuNanos(pid) ?? same?.own
      if (nanos === undefined) continue
      this.#entries.set(pid, { start, own: nanos, childTicks })
      if (same) before.delete(pid)
      own += nanos
      ticks += childTicks
      if (childTicks > 0) parents++
    }
    for (const { own: last } of before.values()) this.#ended += last
    const { userMicros, systemMicros } = childrenUsage()
    const counted = ticks * tick + (userMicros + systemMicros) * 1000 + this.#lost
    const tolerance = (parents + before.size) * 2 * tick
    this.#lost += Math.max(0, this.#ended - counted - tolerance)
    this.#ended = Math.max(this.#ended, counted)
    this.#total = Math.max(this.#total, own + this.#ended)
    return this.#total
  }
}
