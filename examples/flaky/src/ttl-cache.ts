/** Values that are good for a while, in milliseconds of the clock. */
export class TtlCache<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>()
  readonly #ttl: number
  readonly #now: () => number

  constructor(ttl: number, now: () => number = Date.now) {
    this.#ttl = ttl
    this.#now = now
  }

  async get(key: string, load: () => Promise<Value>): Promise<Value> {
    const found = this.#entries.get(key)
    if (found && this.#now() < found.until) return found.value
    const until = this.#now() + this.#ttl
    const value = await load()
    this.#entries.set(key, { value, until })
    return value
  }
}
