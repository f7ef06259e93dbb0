/** Finds objects that somebody else still has. */
export class Sessions<Value extends object> {
  readonly #found = new Map<string, WeakRef<Value>>()

  add(key: string, value: Value): void {
    this.#found.set(key, new WeakRef(value))
  }

  get(key: string): Value | undefined {
    return this.#found.get(key)?.deref()
  }
}
