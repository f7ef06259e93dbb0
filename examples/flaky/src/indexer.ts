import { EventEmitter } from 'node:events'

/** Indexes documents in the background, one in each turn of the event loop; says `idle` when there is nothing left to do. */
export class Indexer extends EventEmitter {
  readonly words: Map<string, Set<number>> = new Map()
  size = 0
  #waiting: string[] = []

  add(documents: string[]): void {
    if (this.#waiting.length === 0) setImmediate(() => this.#next())
    this.#waiting.push(...documents)
  }

  #next(): void {
    const document = this.#waiting.shift()
    if (document === undefined) return void this.emit('idle')
    for (const word of document.toLowerCase().match(/\p{L}+/gu) ?? []) {
      const found = this.words.get(word) ?? new Set()
      this.words.set(word, found.add(this.size))
    }
    this.size++
    setImmediate(() => this.#next())
  }
}

/** So many documents of some thousand words. */
export function documents(count: number): string[] {
  const words = (seed: number) => Array.from({ length: 4000 }, (_, index) => `word${String.fromCharCode(97 + ((index * seed) % 26))}`)
  return Array.from({ length: count }, (_, index) => words(index + 1).join(' '))
}
