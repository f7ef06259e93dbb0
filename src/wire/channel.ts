// Messages over one end of a connected Unix socket.

import type { Buffer } from 'node:buffer'
import { Socket } from 'node:net'
import { duplicate } from '../sys/descriptor.ts'
import { sendWithDescriptors } from '../sys/socket.ts'
import { nextTick, Promise, Set } from '../untouched.ts'
import { encodeFrame, FrameReader } from './frame.ts'

export class Channel {
  readonly #fd: number
  readonly #incoming: Socket
  /** By itself: node destroys a socket that cannot be written to, with all that it has not read yet. Undefined for blocking writes. */
  readonly #outgoing: Socket | undefined
  readonly #reader = new FrameReader()
  readonly #listeners = new Set<(message: unknown) => void>()
  readonly #closed: Promise<void>
  #onBroken: (error: Error) => void = () => undefined

  /**
   * With `blocking` writes a message is in the kernel's hands when `post` returns: a process may
   * crash in the next instruction, or have replaced process.nextTick, and nothing is lost.
   */
  constructor(fd: number, writes: 'queued' | 'blocking') {
    this.#fd = fd
    this.#incoming = new Socket({ fd, readable: true, writable: false })
    this.#outgoing = writes === 'queued' ? new Socket({ fd: duplicate(fd), readable: false, writable: true }) : undefined
    this.#closed = new Promise((resolve) => this.#incoming.once('close', () => resolve()))
    void this.#closed.then(() => this.#outgoing?.destroy())
    // A connection that breaks is followed by 'close', which is what everybody here waits for.
    for (const socket of [this.#incoming, this.#outgoing]) socket?.on('error', () => undefined)
    this.#incoming.on('data', (chunk) => this.#receive(chunk))
  }

  /** Settles when the other end is gone and everything it sent has been delivered. */
  get closed(): Promise<void> {
    return this.#closed
  }

  /** @throws DataCloneError for what cannot be cloned */
  post(message: unknown): void {
    const frame = encodeFrame(message)
    if (this.#outgoing) {
      if (this.#outgoing.writable) this.#outgoing.write(frame)
    } else if (!this.#incoming.readableEnded && !this.#incoming.destroyed) sendWithDescriptors(this.#fd, frame, [])
  }

  on(listener: (message: unknown) => void): void {
    this.#listeners.add(listener)
  }

  off(listener: (message: unknown) => void): void {
    this.#listeners.delete(listener)
  }

  /** Called once, before the channel closes itself, when the other end has sent bytes that are no message. */
  set onBroken(listener: (error: Error) => void) {
    this.#onBroken = listener
  }

  /** Of a message from the other end, in bytes. */
  set longest(bytes: number) {
    this.#reader.longest = bytes
  }

  close(): void {
    this.#incoming.destroy()
  }

  #receive(chunk: Buffer): void {
    this.#reader.push(chunk)
    for (let frame = this.#next(); frame; frame = this.#next()) {
      for (const listener of [...this.#listeners]) this.#deliver(listener, frame.message)
    }
  }

  #next(): { message: unknown } | undefined {
    if (this.#incoming.destroyed) return undefined
    try {
      return this.#reader.next()
    } catch (error) {
      this.#onBroken(error as Error)
      this.close()
      return undefined
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
