// A frame is a 32-bit length and a structured clone of one message.

import { deserialize, serialize } from 'node:v8'

const headerLength = 4

/** Of a message, in bytes: as much as the longest string that V8 has. */
export const frameLimit: number = 512 * 1024 * 1024

export class MessageTooLong extends Error {}

/** @throws DataCloneError for what cannot be cloned, such as functions */
export function encodeFrame(message: unknown): Buffer {
  const body = serialize(message)
  const header = Buffer.allocUnsafe(headerLength)
  header.writeUInt32LE(body.length)
  return Buffer.concat([header, body])
}

/** Collects bytes as they come and gives whole messages. */
export class FrameReader {
  #chunks: Buffer[] = []
  #length = 0
  /** Of a message, in bytes. */
  longest: number = frameLimit

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next whole message, or undefined while its end has not come. @throws Error for bytes that are no message of ours */
  next(): { message: unknown } | undefined {
    if (this.#length < headerLength) return undefined
    const length = this.#peekLength()
    if (length > this.longest) throw new MessageTooLong(`a message of ${length} bytes, where ${this.longest} are the limit`)
    const end = headerLength + length
    if (this.#length < end) return undefined
    const bytes = this.#joined()
    // A copy: what the message keeps (typed arrays) must not pin or share the rest.
    const message: unknown = deserialize(Buffer.from(bytes.subarray(headerLength, end)))
    this.#chunks = end < bytes.length ? [bytes.subarray(end)] : []
    this.#length = bytes.length - end
    return { message }
  }

  #peekLength(): number {
    const first = this.#chunks[0] as Buffer
    return (first.length >= headerLength ? first : this.#joined()).readUInt32LE(0)
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks, this.#length)]
    return this.#chunks[0] as Buffer
  }
}
