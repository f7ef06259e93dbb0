// How much of the machine is given away at once: never more than there is.

export interface Share {
  /** 0.5 is half of one. */
  cpus: number
  memoryBytes: number
}

interface Waiting {
  share: Share
  admit(): void
}

/** Who came first goes first, so that what needs much is not passed for ever by what needs little. */
export class Admission {
  readonly #places: number
  readonly #whole: Share
  readonly #waiting: Waiting[] = []
  readonly #admitted = new Set<Share>()

  /** @param places most that is admitted at once, however little it needs */
  constructor(places: number, whole: Share) {
    this.#places = places
    this.#whole = whole
  }

  /** What needs more than there is has the whole, alone. @returns to be called once, when the share is free again */
  async take({ cpus, memoryBytes }: Share): Promise<() => void> {
    const share = { cpus: Math.min(cpus, this.#whole.cpus), memoryBytes: Math.min(memoryBytes, this.#whole.memoryBytes) }
    await new Promise<void>((admit) => {
      this.#waiting.push({ share, admit })
      this.#admit()
    })
    return () => {
      this.#admitted.delete(share)
      this.#admit()
    }
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.share); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#admitted.add(next.share)
      next.admit()
    }
  }

  #fits(share: Share): boolean {
    const all = [...this.#admitted, share]
    const sum = (part: (one: Share) => number) => all.reduce((total, one) => total + part(one), 0)
    // Thousandths: sums of 0.1 are not exact.
    const cpus = Math.round(sum((one) => one.cpus) * 1000) / 1000
    return all.length <= this.#places && cpus <= this.#whole.cpus && sum((one) => one.memoryBytes) <= this.#whole.memoryBytes
  }
}
