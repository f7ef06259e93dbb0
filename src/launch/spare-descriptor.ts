// Sees to it that a lack of file descriptors shows where it can be told of. libuv closes a connection that it has no descriptor for, and
// says nothing (uv__emfile_trick). So when the last one is used up, a spare one is given up: the next connection gets it, and the socket
// that it should lead to is refused.

import { closeSync, openSync } from 'node:fs'

export class SpareDescriptor {
  #fd: number | undefined

  /** After each connection. */
  keep(): void {
    this.#fd ??= open()
    if (this.#fd === undefined) return
    const another = open()
    if (another === undefined) this.close()
    else closeSync(another)
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd)
    this.#fd = undefined
  }
}

/** Undefined where there is no descriptor left (EMFILE). */
function open(): number | undefined {
  try {
    return openSync('/dev/null', 'r')
  } catch {
    return undefined
  }
}
