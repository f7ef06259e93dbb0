// When to look at memory again, and whether it is too much. Pure: times are given, in nanoseconds.

const millisecond = 1e6
const [shortest, longest] = [millisecond, 50 * millisecond]
/** Bytes in a nanosecond that a processor can fill at most: it clears every page before. */
const fastest = 2
/** Of that, when nothing has grown of late. A burst is seen a little late then. */
const resting = 0.25
/** Who looks may take this part of the time. */
const effort = 0.2

export class MemoryCap {
  readonly cap: number
  readonly #processors: number
  #last: { now: number; bytes: number } | undefined
  #cost = 0
  #growing = true

  /** `processors` is how many can be busy at once. */
  constructor(cap: number, processors: number) {
    this.cap = cap
    this.#processors = processors
  }

  /** `cost` is how long the look took. Answers whether it is too much. */
  seen(bytes: number, now: number, cost: number): boolean {
    this.#growing = this.#last === undefined || bytes > this.#last.bytes
    this.#last = { now, bytes }
    this.#cost = cost
    return bytes > this.cap
  }

  /** Nanoseconds until somebody has to look again. */
  get next(): number {
    const headroom = this.cap - (this.#last?.bytes ?? 0)
    const soonest = headroom / (fastest * this.#processors * (this.#growing ? 1 : resting))
    return Math.min(longest, Math.max(shortest, this.#cost / effort, soonest))
  }
}
