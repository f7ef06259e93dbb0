// Descriptors that a sandbox's init passes back (unix(7), SCM_RIGHTS): each message is one letter, and some of them.

import { Socket } from 'node:net'
import { close, pipe } from '../sys/descriptor.ts'
import { receiveWaiting, socketpair } from '../sys/socket.ts'
import { type HandedBack, handedBackAs } from '../wire/protocol.ts'

/** Who has a use for what is passed back. */
export interface Taker {
  /** Once the sandbox is sealed, or has ended before. */
  take(handles: Handles): void
}

export class Handles {
  /** For the sandbox's init. */
  readonly theirs: number
  #ours: number | undefined
  #sealed: number | undefined
  readonly #come = new Map<string, number[]>()

  constructor() {
    const [ours, theirs] = socketpair()
    this.#ours = ours
    this.theirs = theirs
  }

  /** A pipe for the sandbox's init, which hangs up when all is passed back. The caller closes it. */
  open(): number {
    const { read, write } = pipe()
    this.#sealed = read
    return write
  }

  /** In a fork of this process: what is the host's. */
  leave(): void {
    if (this.#sealed !== undefined) close(this.#sealed)
  }

  /** Once the sandbox is forked. `isShared`: what overlays keep is taken later. */
  giveTo(takers: readonly Taker[], isShared: boolean): void {
    const sealed = new Socket({ fd: this.#sealed as number, readable: true, writable: false }).unref().resume()
    this.#sealed = undefined
    sealed
      .on('error', () => undefined)
      .once('close', () => {
        for (const taker of takers) taker.take(this)
        if (!isShared) this.close()
      })
  }

  /** Those of one kind, once, when the sandbox got that far. The caller closes them. */
  take(kind: HandedBack): number[] {
    this.#receive()
    const fds = this.#come.get(handedBackAs[kind]) ?? []
    this.#come.delete(handedBackAs[kind])
    return fds
  }

  /** A handle to the sandbox's root directory, once. The caller closes it. */
  takeRoot(): number | undefined {
    return this.take('root')[0]
  }

  /** A handle to what overlays keep, once. Nothing else is expected any more. The caller closes it. */
  takeScratch(): number | undefined {
    const [scratch] = this.take('scratch')
    this.close()
    return scratch
  }

  /** With all that nobody took. */
  close(): void {
    if (this.#ours === undefined) return
    this.#receive()
    for (const fd of [...this.#come.values()].flat()) close(fd)
    this.#come.clear()
    close(this.#ours)
    this.#ours = undefined
  }

  #receive(): void {
    if (this.#ours === undefined) return
    for (let message = receiveWaiting(this.#ours); message; message = receiveWaiting(this.#ours)) {
      const kind = message.bytes.toString()
      this.#come.set(kind, [...(this.#come.get(kind) ?? []), ...message.fds])
    }
  }
}
