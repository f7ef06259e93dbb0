// Which packets are lost, and when the others go on: all that came before go first. Pure: no clock of its own.

import type { Traffic } from '../plan/traffic.ts'
import { seededRandom } from '../random.ts'

export class DelayLine {
  readonly #delay: number
  readonly #loss: number
  readonly #random: () => number
  readonly #waiting: { id: number; due: number }[] = []

  constructor({ delay, loss, seed }: Traffic) {
    this.#delay = delay
    this.#loss = loss
    this.#random = seededRandom(seed, 'loss')
  }

  /** Whether it will go on; false is that it is lost. `now` in milliseconds, never less than before. */
  accepts(id: number, now: number): boolean {
    if (this.#random() < this.#loss) return false
    this.#waiting.push({ id, due: now + this.#delay })
    return true
  }

  /** When the next is due; Infinity where none waits. */
  get due(): number {
    return this.#waiting[0]?.due ?? Number.POSITIVE_INFINITY
  }

  /** Those that are due by now, once. */
  take(now: number): number[] {
    const kept = this.#waiting.findIndex(({ due }) => due > now)
    return this.#waiting.splice(0, kept === -1 ? this.#waiting.length : kept).map(({ id }) => id)
  }
}
