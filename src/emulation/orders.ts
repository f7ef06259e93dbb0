// Init's end of the control socket: one JSON text a line.

import { close } from '../sys/descriptor.ts'
import { receiveWithDescriptors, sendWithDescriptors } from '../sys/socket.ts'
import type { InitAnswer, InitOrder } from '../wire/protocol.ts'

export class Orders {
  readonly #buffer = Buffer.alloc(1 << 14)
  #fd: number | undefined
  #text = ''

  constructor(fd: number | undefined) {
    this.#fd = fd
  }

  /** Undefined once nobody gives orders any more. */
  get fd(): number | undefined {
    return this.#fd
  }

  /** Blocks until something has come. */
  receive(obey: (order: InitOrder) => InitAnswer): void {
    if (this.#fd === undefined) return
    try {
      const { bytes } = receiveWithDescriptors(this.#fd, this.#buffer)
      if (bytes.length === 0) return this.#hangUp()
      const lines = (this.#text + bytes.toString('utf8')).split('\n')
      this.#text = lines.pop() ?? ''
      for (const line of lines) sendWithDescriptors(this.#fd, Buffer.from(`${JSON.stringify(obey(JSON.parse(line)))}\n`), [])
    } catch {
      this.#hangUp() // EPIPE: who asked is gone
    }
  }

  #hangUp(): void {
    if (this.#fd !== undefined) close(this.#fd)
    this.#fd = undefined
  }
}
