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
   * `members` has been read before the clocks are, children before their parents: who ends in between is counted late, and not twice,
   * but in the microseconds in which wait(2) has given his time to his parent and not removed him yet.
   * What is born and gone between two calls, below a parent that ignores SIGCHLD, is not seen.
   */
  update(members: readonly Member[]): number {
    const before = this.#entries
    this.#entries = new Map()
    let [own, ticks, parents, unsure] = [0, 0, 1, 0]
    for (const { pid, start, childTicks } of members) {
      const known = before.get(pid)
      const same = known?.start === start ? known : undefined
      const nanos = cpuNanos(pid)
      if (childTicks > 0) parents++
      if (nanos === undefined) {
        // Waited for since it was read: its parent was read before that, or after.
        unsure += (same?.own ?? 0) + childTicks * tick
        continue
      }
      this.#entries.set(pid, { start, own: nanos })
      if (same) before.delete(pid)
      own += nanos
      ticks += childTicks
    }
    for (const { own: last } of before.values()) this.#ended += last
    const { userMicros, systemMicros } = childrenUsage()
    const counted = ticks * tick + (userMicros + systemMicros) * 1000 + this.#lost
    const tolerance = (parents + before.size) * 2 * tick + unsure
    this.#lost += Math.max(0, this.#ended - counted - tolerance)
    this.#ended = Math.max(this.#ended, counted)
    this.#total = Math.max(this.#total, own + this.#ended)
    return this.#total
  }
}
