// What the files of one worker wrote: its overlays, looked at while it runs, or once it has ended.

import type { UpperLayer } from '../src/changes/changed.ts'
import { type Write, writesOf } from '../src/changes/writes.ts'

export interface Written {
  writes: Write[]
  /** How many there are, those besides {@link writes} too. */
  count: number
  /** False where there was too much to look at all of it: there may be more. */
  complete: boolean
}

export interface Bounds {
  /** Entries that are named. */
  named: number
  /** Entries that are looked at, in the whole life of the worker's overlays each time. */
  seen: number
  /** Entries between two turns of the event loop. */
  slice: number
}

/** Writes of a file that are named. */
export const writesNamed = 1000

const bounds: Bounds = { named: writesNamed, seen: 20_000, slice: 200 }

type Walk = Iterator<Write | null, 'stopped' | undefined>

export class WrittenFiles {
  readonly #layers: readonly UpperLayer[]
  readonly #isUsual: (path: string) => boolean
  readonly #bounds: Bounds
  /** By path: the stamps of what was told. */
  readonly #told = new Map<string, string>()

  constructor(layers: readonly UpperLayer[], isUsual: (path: string) => boolean, own: Bounds = bounds) {
    this.#layers = layers
    this.#isUsual = isUsual
    this.#bounds = own
  }

  /** What is new since the last look. At once, but where there is much. @throws what file systems say */
  look(): Written | Promise<Written> {
    const found: Written = { writes: [], count: 0, complete: true }
    const walk = this.#walk()
    return this.#slice(walk, found) ? found : this.#rest(walk, found)
  }

  async #rest(walk: Walk, found: Written): Promise<Written> {
    do await new Promise((resolve) => setImmediate(resolve))
    while (!this.#slice(walk, found))
    return found
  }

  /** True when the walk is over. */
  #slice(walk: Walk, found: Written): boolean {
    for (let seen = 0; seen < this.#bounds.slice; seen++) {
      const { done, value } = walk.next()
      if (done) {
        found.complete = value === undefined
        return true
      }
      if (value) this.#take(value, found)
    }
    return false
  }

  #take(write: Write, found: Written): void {
    if (this.#told.get(write.path) === write.stamp) return
    this.#told.set(write.path, write.stamp)
    found.count++
    if (found.writes.length < this.#bounds.named) found.writes.push(write)
  }

  /** Returns `stopped` where it was too much. */
  *#walk(): Generator<Write | null, 'stopped' | undefined> {
    let seen = 0
    for (const layer of this.#layers) {
      for (const write of writesOf(layer, this.#isUsual)) {
        if (++seen > this.#bounds.seen) return 'stopped'
        yield write
      }
    }
    return undefined
  }
}
