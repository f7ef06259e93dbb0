// Passes a connection on to another, both ways: bytes, the end of either direction, resets, and that a reader is slow.

import type { Socket } from 'node:net'

/** Neither end is closed because one direction has ended, and small messages do not wait for others (tcp(7), TCP_NODELAY). */
export const faithful = { allowHalfOpen: true, noDelay: true } as const

/** Begins a connection; errors come as its events. */
type Connect = () => Socket

export interface RelayOptions {
  /** Has been accepted, and is paused. */
  from: Socket
  /** Where to: the first that answers. */
  to: readonly Connect[]
  /** Which end is the sandbox's. */
  inside: 'from' | 'to'
  /** None has answered; this is what the first said. */
  onRefused(error: NodeJS.ErrnoException): void
}

export class Relay {
  /** All that came from inside has been passed on, and nothing more comes. */
  readonly drained: Promise<void>
  readonly closed: Promise<unknown>
  readonly #drained = Promise.withResolvers<void>()
  readonly #options: RelayOptions
  readonly #from: Socket
  #to: Socket | undefined
  #refusal: NodeJS.ErrnoException | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#from = options.from.unref()
    this.drained = this.#drained.promise
    const closed = new Promise((resolve) => this.#from.once('close', resolve))
    this.closed = closed
    this.#from.on('error', () => undefined)
    this.#connect(0)
  }

  destroy(): void {
    this.#from.destroy()
    this.#to?.destroy()
    this.#drained.resolve()
  }

  #connect(attempt: number): void {
    const connect = this.#options.to[attempt]
    if (!connect || this.#from.destroyed) return this.#refuse()
    const fail = (error: NodeJS.ErrnoException) => {
      this.#refusal ??= error
      this.#connect(attempt + 1)
    }
    try {
      const to = connect().unref()
      this.#to = to
      to.on('error', () => undefined)
      to.once('error', fail).once('connect', () => {
        to.off('error', fail)
        this.#join(to)
      })
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  }

  #refuse(): void {
    if (this.#refusal) this.#options.onRefused(this.#refusal)
    reset(this.#from)
    this.#drained.resolve()
  }

  #join(to: Socket): void {
    const from = this.#from
    const outside = this.#options.inside === 'from' ? to : from
    outside.once('finish', this.#drained.resolve)
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.on('error', () => {
        reset(other)
        this.#drained.resolve()
      })
      one.pipe(other)
    }
  }
}

/** As its other end was. What is about to send its last bytes cannot be reset (libuv: EINVAL), and is closed. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy()
  else socket.resetAndDestroy()
}
