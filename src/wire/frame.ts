// A frame is a 32-bit length and a structured clone of one message.

import type { Buffer } from 'node:buffer'
import { DefaultSerializer, deserialize } from 'node:v8'
import { Uint8Array } from '../untouched.ts'

const headerLength = 4

/** Of a message, in bytes: as much as the longest string that V8 has. */
export const frameLimit: number = 512 * 1024 * 1024

export class MessageTooLong extends Error {}

/** @throws DataCloneError for what cannot be cloned, such as functions */
export function encodeFrame(message: unknown): Buffer {
  const serializer = new DefaultSerializer()
  serializer.writeRawBytes(new Uint8Array(headerLength))
  serializer.writeHeader()
  serializer.writeValue(message)
  const frame = serializer.releaseBuffer()
  const length = frame.length - headerLength
  for (let at = 0; at < headerLength; at++) frame[at] = length >>> (8 * at)
  return frame
}

/** `subarray` can be mocked. */
function part({ buffer, byteOffset }: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + from, to - from)
}

/** Collects bytes as they come and gives whole messages. */
export class FrameReader {
  #chunks: Uint8Array[] = []
  #length = 0
  /** Of a message, in bytes. */
  longest: number = frameLimit

  push(chunk: Uint8Array): void {
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
    const message: unknown = deserialize(new Uint8Array(part(bytes, headerLength, end)))
    this.#chunks = end < bytes.length ? [part(bytes, end, bytes.length)] : []
    this.#length = bytes.length - end
    return { message }
  }

  #peekLength(): number {
    const first = this.#chunks[0] as Uint8Array
    const [a = 0, b = 0, c = 0, d = 0] = first.length >= headerLength ? first : this.#joined()
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
  }

  #joined(): Uint8Array {
    if (this.#chunks.length > 1) {
      const all = new Uint8Array(this.#length)
      let offset = 0
      for (const chunk of this.#chunks) {
        all.set(chunk, offset)
        offset += chunk.length
      }
      this.#chunks = [all]
    }
    return this.#chunks[0] as Uint8Array
  }
}
