// Descriptors that a sandbox's init passes back (unix(7), SCM_RIGHTS): each message is one letter, and some of them.

import { close } from '../sys/descriptor.ts'
import { receiveWaiting, socketpair } from '../sys/socket.ts'
import { type HandedBack, handedBackAs } from '../wire/protocol.ts'

export class Handles {
  /** For the sandbox's init. */
  readonly theirs: number
  #ours: number | undefined
  readonly #come = new Map<string, number[]>()

  constructor() {
    const [ours, theirs] = socketpair()
    this.#ours = ours
    this.theirs = theirs
  }

  /** Those of one kind, once, when the sandbox got that far. The caller closes them. */
  take(kind: HandedBack): number[] {
    this.#receive()
    const fds = this.#come.get(handedBackAs[kind]) ?? []
    this.#come.delete(handedBackAs[kind])
    return fds
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
