// Keeps things in their order when some of them take time.

export class Turns {
  #last: Promise<void> | undefined

  /** At once when nothing waits, else when all before it is done. `work` never rejects. */
  take(work: () => Promise<void> | undefined): void {
    const turn = this.#last ? this.#last.then(work) : work()
    if (!turn) return
    const last: Promise<void> = turn.then(() => {
      if (this.#last === last) this.#last = undefined
    })
    this.#last = last
  }

  /** Whether nothing waits. */
  get isOver(): boolean {
    return this.#last === undefined
  }

  /** Settles when nothing waits any more. */
  async over(): Promise<void> {
    while (this.#last) await this.#last
  }
}
