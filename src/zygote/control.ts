// The zygote's end of its control socket: blocking, because between forks a zygote runs nothing.

import { close } from '../sys/descriptor.ts'
import { receiveWithDescriptors, sendWithDescriptors } from '../sys/socket.ts'
import { encodeFrame, FrameReader } from '../wire/frame.ts'
import type { Descriptors, HostToZygote, ZygoteToHost } from '../wire/protocol.ts'

/** The descriptor that the host passes to every zygote. */
export const controlFd = 3

export interface Request {
  message: HostToZygote
  /** Of a fork. */
  descriptors: Descriptors
}

export class Control {
  readonly #buffer = Buffer.alloc(1 << 16)
  readonly #reader = new FrameReader()
  /** Descriptors that came and whose message is not complete yet. */
  #fds: number[] = []
  #open = true

  /** False once the host is gone. */
  get open(): boolean {
    return this.#open
  }

  /** A request that has been received whole. */
  pending(): Request | undefined {
    const frame = this.#reader.next()
    if (!frame) return undefined
    const message = frame.message as HostToZygote
    const names = message.type === 'fork' ? message.descriptors : []
    const fds = this.#fds.splice(0, names.length)
    return { message, descriptors: Object.fromEntries(names.map((name, index) => [name, fds[index]])) as Descriptors }
  }

  /** Blocks until some bytes are there. */
  receive(): void {
    const { bytes, fds } = receiveWithDescriptors(controlFd, this.#buffer)
    if (bytes.length === 0) this.#open = false
    this.#fds.push(...fds)
    this.#reader.push(Buffer.from(bytes))
  }

  /** Blocks until a whole request is there, or the host is gone. */
  next(): Request | undefined {
    for (;;) {
      const request = this.pending()
      if (request || !this.#open) return request
      this.receive()
    }
  }

  /** In a child: closes the descriptors of requests that are not its own. */
  closeWaiting(): void {
    for (const fd of this.#fds.splice(0)) close(fd)
  }

  post(message: ZygoteToHost): void {
    sendWithDescriptors(controlFd, encodeFrame(message), [])
  }
}
