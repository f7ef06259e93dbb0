// The host's view of one running sandbox.

import { Socket } from 'node:net'
import { close } from '../sys/descriptor.ts'
import { socketpair } from '../sys/socket.ts'
import { Channel } from '../wire/channel.ts'
import type { SandboxEnd } from '../wire/protocol.ts'

export interface Sandbox {
  readonly stdout: Socket
  readonly stderr: Socket
  readonly channel: Channel
  /** Pid of the sandbox's init on the host, once it is forked. */
  readonly pid: number | undefined
  /** Settles when every process of the sandbox is gone and all its output has been read. Never rejects. */
  readonly ended: Promise<SandboxEnd>
  /** Kills every process of the sandbox at once. */
  kill(): void
}

/** The host's ends, and the other ends that travel to the zygote. */
export class SandboxEnds {
  readonly stdout: Socket
  readonly stderr: Socket
  readonly channel: Channel
  readonly #theirs: number[]

  constructor() {
    const [stdout, theirStdout] = socketpair()
    const [stderr, theirStderr] = socketpair()
    const [channel, theirChannel] = socketpair()
    this.stdout = readEnd(stdout)
    this.stderr = readEnd(stderr)
    this.channel = new Channel(channel, 'queued')
    this.#theirs = [theirStdout, theirStderr, theirChannel]
  }

  /** Gives the sandbox's ends away; they are closed here afterwards. */
  give(send: (theirs: number[]) => void): void {
    send(this.#theirs)
    for (const fd of this.#theirs) close(fd)
  }

  /** Settles once everything that was written has been read. */
  async drained(): Promise<void> {
    await Promise.all([closed(this.stdout), closed(this.stderr), this.channel.closed])
  }
}

function readEnd(fd: number): Socket {
  const socket = new Socket({ fd, readable: true, writable: false })
  socket.on('error', () => undefined)
  return socket
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    // Output that nobody listens to must not hold the end back.
    if (socket.listenerCount('data') === 0 && socket.listenerCount('readable') === 0) socket.resume()
  })
}
