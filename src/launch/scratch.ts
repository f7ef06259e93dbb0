// The handle to what a sandbox's overlays keep, which init passes back (unix(7), SCM_RIGHTS).

import { close } from '../sys/descriptor.ts'
import { receiveDescriptor, socketpair } from '../sys/socket.ts'

export class Scratch {
  /** For the sandbox's init. */
  readonly theirs: number
  #ours: number | undefined

  constructor() {
    const [ours, theirs] = socketpair()
    this.#ours = ours
    this.theirs = theirs
  }

  /** Once, when the sandbox got that far. The caller closes it. */
  take(): number | undefined {
    if (this.#ours === undefined) return undefined
    const fd = receiveDescriptor(this.#ours)
    close(this.#ours)
    this.#ours = undefined
    return fd
  }
}
