// The host's side of `forward` and `expose`: accepts on sockets that were made in the sandbox's network and connects to
// its own localhost, and the other way round. A socket stays in the network namespace that it was made in.

import { connect, createServer, type Server, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { NsboxError } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { hasPorts, portsOf, portWords } from '../plan/port-steps.ts'
import type { PortPair } from '../plan/reach.ts'
import { close } from '../sys/descriptor.ts'
import type { SysError } from '../sys/sys-error.ts'
import { isIpv6, type Listening, listenOnLoopback, portOf, SocketMaker } from '../sys/tcp.ts'
import type { Handles, Taker } from './handles.ts'
import { faithful, Relay, type RelayOptions } from './relay.ts'
import { settledWithin } from './settled.ts'
import { SpareDescriptor } from './spare-descriptor.ts'
import { isShortage } from './unrelayed.ts'

/** How long what a sandbox has sent may take to be passed on once it has ended, in milliseconds. */
const patience = 2000

const localhost = ['127.0.0.1', '::1'] as const

export class Ports implements Taker {
  /** Is told of ports of the host to which a connection came to nothing. */
  onRefused: (pair: PortPair, error: NodeJS.ErrnoException) => void = () => undefined
  /** Ports of the host's that were connected to and did not answer. */
  readonly refused: Set<number> = new Set()
  /** Ports whose connections were not passed on for want of something here, with the last errno. */
  readonly unrelayed: Map<number, string> = new Map()
  readonly #forward: readonly PortPair[]
  readonly #expose: readonly PortPair[]
  /** Listening on the host, and nobody accepts yet. */
  #waiting: (Listening & { to: number })[] = []
  #exposed: PortPair[] = []
  #makers: Partial<Record<(typeof localhost)[number], SocketMaker>> | undefined
  readonly #servers = new Set<Server>()
  readonly #relays = new Set<Relay>()
  readonly #spare = new SpareDescriptor()
  #isClosed = false

  private constructor({ forward, expose }: ReturnType<typeof portsOf>) {
    this.#forward = forward
    this.#expose = expose
  }

  /** Undefined where none are asked for. */
  static of(plan: SandboxPlan): Ports | undefined {
    return hasPorts(plan) ? new Ports(portsOf(plan)) : undefined
  }

  /** Ports of the host that lead inside. */
  get exposed(): readonly PortPair[] {
    return this.#exposed
  }

  /** Those of them that nobody named. */
  get chosen(): readonly PortPair[] {
    return this.#exposed.filter((_, index) => this.#expose[index]?.listen === 0)
  }

  /** Takes the host's ports, and answers which. @throws NsboxError ERR_NSBOX_PORT for one that cannot be had */
  expose(): readonly PortPair[] {
    this.#exposed = []
    for (const pair of this.#expose) {
      const listening = this.#take(pair)
      this.#waiting.push({ ...listening, to: pair.to })
      this.#exposed.push({ listen: listening.port, to: pair.to })
    }
    if (this.#makers) this.#serveHost()
    return this.#exposed
  }

  #take(pair: PortPair): Listening {
    try {
      return listenOnLoopback(pair.listen)
    } catch (error) {
      this.#dropWaiting()
      throw notTaken(pair, error as SysError)
    }
  }

  /** In a fork of this process: what is the host's. */
  leave(): void {
    for (const fd of this.#waiting.flatMap(({ fds }) => fds)) close(fd)
  }

  take(handles: Handles): void {
    const [listening, seeds] = [handles.take('forward'), handles.take('expose')]
    if (this.#isClosed) return [...listening, ...seeds].forEach(close)
    for (const one of listening) this.#serveInside(one)
    this.#makers = makersOf(seeds)
    this.#serveHost()
  }

  /** When the sandbox has ended: passes on what it had sent, and lets go of everything. */
  async close(): Promise<void> {
    // Connections that wait to be accepted, and then their first bytes.
    await turn()
    await turn()
    this.#isClosed = true
    for (const server of this.#servers) server.close()
    this.#dropWaiting()
    await settledWithin(
      [...this.#relays].map(({ drained }) => drained),
      patience,
    )
    for (const relay of this.#relays) relay.destroy()
    for (const maker of Object.values(this.#makers ?? {})) maker.close()
    this.#makers = undefined
    this.#spare.close()
  }

  #dropWaiting(): void {
    for (const { fds } of this.#waiting.splice(0)) fds.forEach(close)
  }

  #serveInside(fd: number): void {
    const port = portOf(fd)
    const pair = this.#forward.find(({ listen }) => listen === port) as PortPair
    const to = localhost.map((host) => () => connect({ host, port: pair.to, ...faithful }))
    this.#serve(fd, { to, inside: 'from', onRefused: (error) => this.#refuse(pair, error) })
  }

  #serveHost(): void {
    const makers = this.#makers ?? {}
    // The sandbox did not get that far.
    if (Object.keys(makers).length === 0) return this.#dropWaiting()
    for (const { fds, to: port } of this.#waiting.splice(0)) {
      const to = localhost.flatMap((host) => {
        const maker = makers[host]
        return maker ? [() => connectInside(maker, host, port)] : []
      })
      for (const fd of fds) this.#serve(fd, { to, inside: 'to', onRefused: ({ code }) => this.#missed(port, code) })
    }
  }

  #serve(fd: number, options: Omit<RelayOptions, 'from'>): void {
    const server = createServer({ ...faithful, pauseOnConnect: true }, (from) => {
      const relay = new Relay({ ...options, from })
      this.#relays.add(relay)
      // After node has made the other socket, which it does in the next tick.
      process.nextTick(() => this.#spare.keep())
      void relay.closed.then(() => this.#relays.delete(relay))
    })
    this.#servers.add(server)
    // EMFILE and the like concern one connection.
    server.on('error', () => undefined)
    // In a worker of node:cluster it would be the primary's descriptor.
    server.listen({ fd, exclusive: true }).unref()
  }

  #refuse(pair: PortPair, error: NodeJS.ErrnoException): void {
    if (!this.#missed(pair.to, error.code)) this.refused.add(pair.to)
    this.onRefused(pair, error)
  }

  #missed(port: number, errno: string | undefined): boolean {
    if (!isShortage(errno)) return false
    this.unrelayed.set(port, errno)
    return true
  }
}

function connectInside(maker: SocketMaker, host: string, port: number): Socket {
  const socket = new Socket({ fd: maker.make(), readable: true, writable: true, allowHalfOpen: true })
  return socket.setNoDelay().connect({ host, port })
}

function makersOf(seeds: readonly number[]): Partial<Record<(typeof localhost)[number], SocketMaker>> {
  const pairs = localhost.map((host) => [host, seeds.filter((fd) => isIpv6(fd) === (host === '::1'))] as const)
  return Object.fromEntries(
    pairs.flatMap(([host, [listener, connector]]) =>
      listener === undefined || connector === undefined ? [] : [[host, new SocketMaker(host, listener, connector)]],
    ),
  )
}

function notTaken(pair: PortPair, { errno = '', message }: SysError): NsboxError {
  const why: Record<string, string> = {
    EADDRINUSE: `port ${pair.listen} of the host's localhost is taken`,
    EACCES: `the caller may not listen on port ${pair.listen} of the host's localhost`,
  }
  return new NsboxError(`expose is ${portWords(pair)}: ${why[errno] ?? message}`, {
    code: 'ERR_NSBOX_PORT',
    stage: 'launch',
    errno,
    hint: `'0:${pair.to}' takes a port that is free, and says which.`,
  })
}
