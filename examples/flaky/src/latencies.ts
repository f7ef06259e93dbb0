type Times = Int32Array | Float64Array

/** When the last requests came, in milliseconds of the clock of hrtime, which runs since the machine was started. */
export class Latencies {
  readonly #times: Times
  #count = 0

  constructor(times: Times) {
    this.#times = times
  }

  began(now: number = milliseconds()): void {
    this.#times[this.#count++ % this.#times.length] = now
  }

  /** Since the last one. */
  elapsed(now: number = milliseconds()): number {
    return now - (this.#times[(this.#count - 1) % this.#times.length] ?? now)
  }
}

function milliseconds(): number {
  return Math.round(Number(process.hrtime.bigint()) / 1e6)
}
