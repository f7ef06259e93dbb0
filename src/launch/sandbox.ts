// The host's view of one running sandbox.

import { openSync } from 'node:fs'
import { Socket } from 'node:net'
import type { SandboxPlan } from '../plan/plan.ts'
import { close, pipe } from '../sys/descriptor.ts'
import { socketpair } from '../sys/socket.ts'
import { Channel } from '../wire/channel.ts'
import type { Descriptors, SandboxEnd } from '../wire/protocol.ts'
import { Handles } from './handles.ts'
import { InitControl } from './init-control.ts'
import { NameServer } from './name-server.ts'
import type { Ports } from './ports.ts'
import { TrafficQueue } from './traffic.ts'

/** Streams, channel and control are null where they were not asked for. */
export interface Sandbox<Output = Socket, Messages = Channel> {
  readonly stdin: Socket | null
  readonly stdout: Output
  readonly stderr: Output
  readonly channel: Messages
  /** Gives orders to the sandbox's init. */
  readonly control: InitControl | null
  /** That lead out of its network, or into it. */
  readonly ports: Ports | null
  /** Undefined where the plan has none. */
  readonly names: NameServer | undefined
  /** Undefined where the plan leaves packets alone. */
  readonly traffic: TrafficQueue | undefined
  /** Pid of the sandbox's init on the host, once it is forked. */
  readonly pid: number | undefined
  /** Settles with that pid. Rejects when the sandbox is never forked. */
  readonly forked: Promise<number>
  /** Settles when every process of the sandbox is gone and all its output has been read. Never rejects. */
  readonly ended: Promise<SandboxEnd>
  /** Kills every process of the sandbox at once. */
  kill(): void
  /** A handle to what overlays keep, once, when it was asked for and the sandbox got that far. The caller closes it. */
  takeScratch(): number | undefined
  /** A handle to its root directory, once, under the same conditions and not after {@link takeScratch}. The caller closes it. */
  takeRoot(): number | undefined
}

export type AnySandbox = Sandbox<Socket | null, Channel | null>

/** `pipe` and `socket` end here, a number is a descriptor of this process that the sandbox shares. */
type Stream = 'pipe' | 'socket' | 'ignore' | number

export interface Streams {
  stdin: Exclude<Stream, 'socket'>
  stdout: Stream
  stderr: Stream
  channel: boolean
  /** Whether what overlays keep is wanted. */
  scratch: boolean
  /** Directory of the cgroup to be born in; it stays the caller's. */
  cgroup?: number | undefined
  /** Whether orders are to be given to its init. */
  control?: boolean
  /** Those of its plan. */
  ports?: Ports | undefined
}

/** What node makes of its own children's streams, so that a forked node finds the kind it expects. */
export const sockets: Streams = { stdin: 'ignore', stdout: 'socket', stderr: 'socket', channel: true, scratch: false }

/** The host's ends, and the other ends that travel to the zygote. */
export class SandboxEnds {
  readonly stdin: Socket | null
  readonly stdout: Socket | null
  readonly stderr: Socket | null
  readonly channel: Channel | null
  readonly control: InitControl | null
  readonly ports: Ports | null
  readonly names: NameServer | undefined
  readonly traffic: TrafficQueue | undefined
  readonly #handles: Handles | undefined
  readonly #theirs: Descriptors
  readonly #given: number[] = []

  /** `onFailure` is told of what goes wrong with it on this side. */
  constructor(streams: Streams, plan: SandboxPlan, onFailure: (error: unknown) => void) {
    const { stdin, stdout, stderr, channel, scratch, cgroup, control = false, ports } = streams
    const input = this.#input(stdin)
    const [output, errors] = [this.#output(stdout), this.#output(stderr)]
    this.stdin = input.ours
    this.stdout = output.ours
    this.stderr = errors.ours
    this.#theirs = { stdin: input.theirs, stdout: output.theirs, stderr: errors.theirs }
    this.channel = null
    if (channel) {
      const [ours, theirs] = socketpair()
      this.channel = new Channel(ours, 'queued')
      this.#theirs.channel = this.#give(theirs)
    }
    if (cgroup !== undefined) this.#theirs.cgroup = cgroup
    this.ports = ports ?? null
    this.names = NameServer.of(plan)
    this.traffic = TrafficQueue.of(plan, onFailure)
    const takers = [ports, this.names, this.traffic].filter((taker) => taker !== undefined)
    this.#handles = scratch || takers.length > 0 ? new Handles() : undefined
    if (this.#handles) this.#theirs.handles = this.#give(this.#handles.theirs)
    if (this.#handles && takers.length > 0) {
      this.#theirs.sealed = this.#give(this.#handles.open())
      this.#handles.giveTo(takers, scratch)
    }
    this.control = control ? new InitControl() : null
    if (this.control) this.#theirs.control = this.#give(this.control.theirs)
  }

  /** Gives the sandbox's ends away; they are closed here afterwards. */
  give(send: (theirs: Descriptors) => void): void {
    try {
      send(this.#theirs)
    } finally {
      for (const fd of this.#given) close(fd)
    }
  }

  /** Settles once everything that was written has been read. */
  async drained(): Promise<void> {
    await Promise.all([this.stdout && closed(this.stdout), this.stderr && closed(this.stderr), this.channel?.closed])
    this.stdin?.destroy()
  }

  takeScratch(): number | undefined {
    return this.#handles?.takeScratch()
  }

  takeRoot(): number | undefined {
    return this.#handles?.takeRoot()
  }

  #give(fd: number): number {
    this.#given.push(fd)
    return fd
  }

  #input(stream: Streams['stdin']): { ours: Socket | null; theirs: number } {
    if (stream === 'ignore') return { ours: null, theirs: devNull() }
    if (typeof stream === 'number') return { ours: null, theirs: stream }
    const { read, write } = pipe()
    return { ours: quiet(new Socket({ fd: write, readable: false, writable: true })), theirs: this.#give(read) }
  }

  #output(stream: Stream): { ours: Socket | null; theirs: number } {
    if (stream === 'ignore') return { ours: null, theirs: devNull() }
    if (typeof stream === 'number') return { ours: null, theirs: stream }
    // A pipe can be opened again by /dev/stdout, a socket cannot (open(2), ENXIO).
    const [ours, theirs] = stream === 'pipe' ? (Object.values(pipe()) as [number, number]) : socketpair()
    return { ours: quiet(new Socket({ fd: ours, readable: true, writable: false })), theirs: this.#give(theirs) }
  }
}

/** The end of a stream is told by 'close'. */
function quiet(socket: Socket): Socket {
  return socket.on('error', () => undefined)
}

function closed(socket: Socket): Promise<void> {
  if (socket.closed) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('close', () => resolve())
    // Output that nobody listens to must not hold the end back.
    if (socket.listenerCount('data') === 0 && socket.listenerCount('readable') === 0) socket.resume()
  })
}

let nullFd: number | undefined

function devNull(): number {
  nullFd ??= openSync('/dev/null', 'r+')
  return nullFd
}
