// Answers what a sandbox asks its name server, at sockets of the sandbox's own network.

import { createSocket, type Socket as Datagrams } from 'node:dgram'
import { createServer, type Server, type Socket } from 'node:net'
import { debug } from '../debug.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { close } from '../sys/descriptor.ts'
import { answerTo, type Names, namesOf } from './dns-message.ts'
import type { Handles, Taker } from './handles.ts'

const log = debug('launch')

/** Names that are asked for in vain and remembered, at most. */
const unknownKept = 20
/** Of each sandbox: connections at once, and milliseconds without a question. */
const connections = 32
const idleTime = 10_000

export class NameServer implements Taker {
  readonly #names: Names
  readonly #unknown = new Set<string>()
  readonly #sockets = new Set<Datagrams | Server>()
  readonly #open = new Set<Socket>()
  #closed = false

  private constructor(hosts: Record<string, string>) {
    this.#names = namesOf(hosts)
  }

  /** Undefined where the plan has none. */
  static of({ steps }: SandboxPlan): NameServer | undefined {
    const step = steps.find((one) => one.do === 'name-server')
    return step && new NameServer(step.hosts)
  }

  take(handles: Handles): void {
    const fds = handles.take('names')
    if (this.#closed) return fds.forEach(close)
    const [datagram, ...streams] = fds
    if (datagram === undefined) return
    this.#serveDatagrams(datagram)
    for (const fd of streams) this.#serveStreams(fd)
  }

  /** Names that were asked for in vain since this was asked last. */
  takeUnknown(): string[] {
    const names = [...this.#unknown]
    this.#unknown.clear()
    return names
  }

  /** When the sandbox has ended: until then its network is there. */
  close(): void {
    this.#closed = true
    for (const socket of this.#sockets) socket.close()
    for (const socket of this.#open) socket.destroy()
    this.#sockets.clear()
  }

  #serveDatagrams(fd: number): void {
    const socket = createSocket('udp4')
    this.#sockets.add(socket)
    socket.on('error', logged)
    socket.on('message', (question, { port, address }) => {
      const answer = this.#answer(question)
      if (answer) socket.send(answer, port, address, () => undefined)
    })
    // In a worker of node:cluster it would be the primary's descriptor.
    socket.bind({ fd, exclusive: true }).unref()
  }

  #serveStreams(fd: number): void {
    const server = createServer((socket) => this.#converse(socket))
    this.#sockets.add(server)
    server.on('error', logged)
    server.maxConnections = connections
    server.listen({ fd, exclusive: true }).unref()
  }

  /** In a stream each message has its length before it (RFC 1035, 4.2.2). */
  #converse(socket: Socket): void {
    let bytes = Buffer.alloc(0)
    this.#open.add(socket.unref())
    socket.on('error', () => undefined)
    socket.on('close', () => this.#open.delete(socket))
    socket.setTimeout(idleTime, () => socket.destroy())
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      for (let length = lengthOf(bytes); bytes.length >= length; length = lengthOf(bytes)) {
        const answer = this.#answer(bytes.subarray(2, length))
        bytes = bytes.subarray(length)
        if (!answer) return void socket.destroy()
        const header = Buffer.alloc(2)
        header.writeUInt16BE(answer.length)
        socket.write(Buffer.concat([header, answer]))
      }
    })
  }

  #answer(question: Buffer): Buffer | undefined {
    return answerTo(question, this.#names, (name) => {
      if (this.#unknown.size < unknownKept) this.#unknown.add(name)
    })
  }
}

/** Of the first message, with what tells its length. */
function lengthOf(bytes: Buffer): number {
  return bytes.length < 2 ? Number.POSITIVE_INFINITY : 2 + bytes.readUInt16BE(0)
}

function logged(error: Error): void {
  log('name server: %s', error)
}
