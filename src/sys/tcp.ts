// TCP sockets of localhost, in whatever network namespace this process is, or the socket was made (tcp(7), ip(7), ipv6(7)).

import { close, pollReadable } from './descriptor.ts'
import { addressOf, bind, bindChecked, checked, errno } from './libc.ts'
import { SysError } from './sys-error.ts'

const AF_UNSPEC = 0
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SO_ERROR = 4
const IPPROTO_IPV6 = 41
const IPV6_V6ONLY = 26
const EINPROGRESS = 115
/** The kernel takes what net.core.somaxconn allows. */
const backlog = 4096
/** For a handshake over lo, in milliseconds. */
const patience = 1000

const socket_ = bindChecked('socket', 'int', ['int', 'int', 'int'])
const bind_ = bind('bind', 'int', ['int', 'uint64', 'uint32'])
const listen_ = bind('listen', 'int', ['int', 'int'])
const connect_ = bind('connect', 'int', ['int', 'uint64', 'uint32'])
const accept4_ = bind('accept4', 'int', ['int', 'uint64', 'uint64', 'int'])
const getsockname_ = bindChecked('getsockname', 'int', ['int', 'uint64', 'uint64'])
const setsockopt_ = bindChecked('setsockopt', 'int', ['int', 'int', 'int', 'uint64', 'uint32'])
const getsockopt_ = bindChecked('getsockopt', 'int', ['int', 'int', 'int', 'uint64', 'uint64'])

/** struct sockaddr_in, or sockaddr_in6: the address is in network byte order. */
interface Loopback {
  name: string
  family: number
  length: number
  addressAt: number
  bytes: readonly number[]
}

const ipv4: Loopback = { name: '127.0.0.1', family: AF_INET, length: 16, addressAt: 4, bytes: [127, 0, 0, 1] }
const ipv6: Loopback = { name: '[::1]', family: AF_INET6, length: 28, addressAt: 8, bytes: [...Array(15).fill(0), 1] }

/** Without IPv6 there is no such family, or no ::1. */
const absent = ['EAFNOSUPPORT', 'EADDRNOTAVAIL']
/** How often another free port is tried, where the first is taken on ::1. */
const draws = 16

export interface Listening {
  port: number
  /** One on 127.0.0.1, and one on ::1 where there is IPv6. They do not block, and exec closes them. */
  fds: number[]
}

/** 0 is any port that is free. @throws SysError EADDRINUSE, EACCES */
export function listenOnLoopback(port: number): Listening {
  for (let draw = 1; ; draw++) {
    const first = listen(ipv4, port)
    const chosen = port === 0 ? portOf(first) : port
    try {
      return { port: chosen, fds: [first, ...unlessAbsent(() => [listen(ipv6, chosen)])] }
    } catch (error) {
      close(first)
      if (port !== 0 || draw === draws || (error as SysError).errno !== 'EADDRINUSE') throw error
    }
  }
}

function listen(address: Loopback, port: number): number {
  const fd = newSocket(address)
  try {
    listenOn(fd, address, port)
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

function listenOn(fd: number, address: Loopback, port: number): void {
  const place = sockaddr(address, port)
  checked(bind_(fd, addressOf(place), place.length), 'bind', [`${address.name}:${port}`])
  checked(listen_(fd, backlog), 'listen', [`${address.name}:${port}`])
}

function requireThere(address: Loopback): Loopback {
  close(listen(address, 0))
  return address
}

function newSocket({ family }: Loopback): number {
  const fd = socket_(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  const on = Buffer.from([1, 0, 0, 0])
  if (family === AF_INET6) setsockopt_(fd, IPPROTO_IPV6, IPV6_V6ONLY, addressOf(on), on.length)
  return fd
}

/** Two sockets of 127.0.0.1, and two of ::1 where there is IPv6: what {@link SocketMaker} takes. */
export function socketSeeds(): number[] {
  return [ipv4, ...unlessAbsent(() => [requireThere(ipv6)])].flatMap((address) => [newSocket(address), newSocket(address)])
}

/**
 * Makes sockets of the network namespace that its seeds are of, from outside: a socket that is accepted is of
 * the namespace of the one that listens, and all three can be used anew once they are dissolved (connect(2), AF_UNSPEC).
 */
export class SocketMaker {
  readonly #address: Loopback
  readonly #listener: number
  readonly #connector: number

  constructor(address: '127.0.0.1' | '::1', listener: number, connector: number) {
    this.#address = address === '::1' ? ipv6 : ipv4
    this.#listener = listener
    this.#connector = connector
  }

  /** One that is not connected, and does not block. @throws SysError */
  make(): number {
    const [listener, connector] = [this.#listener, this.#connector]
    try {
      listenOn(listener, this.#address, 0)
      const place = sockaddr(this.#address, portOf(listener))
      if (connect_(connector, addressOf(place), place.length) === -1 && errno() !== EINPROGRESS)
        checked(-1, 'connect', [this.#address.name])
      const made = this.#accept()
      dissolve(made)
      return made
    } finally {
      dissolve(connector)
      dissolve(listener)
    }
  }

  /** Whoever else found the port in this moment is no concern of ours. */
  #accept(): number {
    for (;;) {
      pollReadable([this.#listener], patience)
      const [peer, length] = [Buffer.alloc(this.#address.length), lengthOf(this.#address.length)]
      const flags = SOCK_NONBLOCK | SOCK_CLOEXEC
      const fd = checked(accept4_(this.#listener, addressOf(peer), addressOf(length), flags), 'accept4', [this.#address.name])
      if (peer.equals(nameOf(this.#connector, this.#address))) return fd
      close(fd)
    }
  }

  close(): void {
    close(this.#listener)
    close(this.#connector)
  }
}

/** Ends its connection by a reset, or its listening. What the other end's reset left behind is taken away too. */
function dissolve(fd: number): void {
  const nowhere = Buffer.alloc(16)
  nowhere.writeUInt16LE(AF_UNSPEC, 0)
  connect_(fd, addressOf(nowhere), nowhere.length)
  const [error, length] = [Buffer.alloc(4), lengthOf(4)]
  getsockopt_(fd, SOL_SOCKET, SO_ERROR, addressOf(error), addressOf(length))
}

function sockaddr({ family, length, addressAt, bytes }: Loopback, port: number): Buffer {
  const address = Buffer.alloc(length)
  address.writeUInt16LE(family, 0)
  address.writeUInt16BE(port, 2)
  address.set(bytes, addressAt)
  return address
}

function nameOf(fd: number, { length: most }: Pick<Loopback, 'length'>): Buffer {
  const [address, length] = [Buffer.alloc(most), lengthOf(most)]
  getsockname_(fd, addressOf(address), addressOf(length))
  return address
}

/** The port that a socket is bound to. */
export function portOf(fd: number): number {
  return nameOf(fd, ipv6).readUInt16BE(2)
}

/** Whether it is one of ::1's. */
export function isIpv6(fd: number): boolean {
  return nameOf(fd, ipv6).readUInt16LE(0) === AF_INET6
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(bytes)
  return length
}

function unlessAbsent<T>(make: () => T[]): T[] {
  try {
    return make()
  } catch (error) {
    if (error instanceof SysError && absent.includes(error.errno ?? '')) return []
    throw error
  }
}
