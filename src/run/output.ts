// One output stream of a run: for whoever listens, and its beginning for the report.

import { PassThrough } from 'node:stream'

export class Output {
  readonly stream: PassThrough = new PassThrough()
  readonly #chunks: Buffer[] = []
  readonly #limit: number
  #length = 0

  /** `limit`: how many bytes the report gets. */
  constructor(limit: number) {
    this.#limit = limit
    // A listener from the start: a program must not wait for a reader who never comes.
    this.stream.on('data', (chunk: Buffer) => this.#keep(chunk))
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString()
  }

  get truncated(): boolean {
    return this.#length > this.#limit
  }

  #keep(chunk: Buffer): void {
    const room = this.#limit - Math.min(this.#length, this.#limit)
    if (room > 0) this.#chunks.push(chunk.subarray(0, room))
    this.#length += chunk.length
  }
}
