// Messages over one end of a connected Unix socket.

import { Socket } from 'node:net'
import { sendWithDescriptors } from '../sys/socket.ts'
import { encodeFrame, FrameReader } from './frame.ts'

// Tests replace globals; what the channel needs is taken before they can.
const { nextTick } = process

export class Channel {
  readonly #fd: number
  readonly #socket: Socket
  readonly #reader = new FrameReader()
  readonly #listeners = new Set<(message: unknown) => void>()
  readonly #closed: Promise<void>
  readonly #writes: 'queued' | 'blocking'

  /**
   * With `blocking` writes a message is in the kernel's hands when `post` returns: a process may
   * crash in the next instruction, or have replaced process.nextTick, and nothing is lost.
   */
  constructor(fd: number, writes: 'queued' | 'blocking') {
    this.#fd = fd
    this.#writes = writes
    this.#socket = new Socket({ fd, readable: true, writable: true })
    this.#closed = new Promise((resolve) => this.#socket.once('close', () => resolve()))
    // A broken pipe is followed by 'close', which is what everybody here waits for.
    this.#socket.on('error', () => undefined)
    this.#socket.on('data', (chunk) => this.#receive(chunk))
  }

  /** Settles when the other end is gone and everything it sent has been delivered. */
  get closed(): Promise<void> {
    return this.#closed
  }

  /** @throws DataCloneError for what cannot be cloned */
  post(message: unknown): void {
    const frame = encodeFrame(message)
    if (!this.#socket.writable) return
    if (this.#writes === 'blocking') sendWithDescriptors(this.#fd, frame, [])
    else this.#socket.write(frame)
  }

  on(listener: (message: unknown) => void): void {
    this.#listeners.add(listener)
  }

  off(listener: (message: unknown) => void): void {
    this.#listeners.delete(listener)
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk)
    for (let frame = this.#reader.next(); frame; frame = this.#reader.next()) {
      for (const listener of [...this.#listeners]) this.#deliver(listener, frame.message)
    }
  }

  /** One listener's mistake must not cost the next message. */
  #deliver(listener: (message: unknown) => void, message: unknown): void {
    try {
      listener(message)
    } catch (error) {
      nextTick(() => {
        throw error
      })
    }
  }
}
