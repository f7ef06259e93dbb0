// Unix sockets that carry descriptors (unix(7), cmsg(3)).

import { Array, BigInt, BigUint64Array, Buffer, Math, Number } from '../untouched.ts'
import { close, pollReadable, waitWritable } from './descriptor.ts'
import { addressOf, bind, bindChecked, checked, errno } from './libc.ts'

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_CLOEXEC = 0o2000000
const SOL_SOCKET = 1
const SCM_RIGHTS = 1
const MSG_NOSIGNAL = 0x4000
const MSG_CMSG_CLOEXEC = 0x40000000
const EINTR = 4
const EAGAIN = 11
/** SCM_MAX_FD, and what keeps the length of control data a multiple of 8. */
const mostDescriptors = 254

const EADDRINUSE = 98

const socket_ = bindChecked('socket', 'int', ['int', 'int', 'int'])
const bind_ = bind('bind', 'int', ['int', 'uint64', 'int'])
const socketpair_ = bindChecked('socketpair', 'int', ['int', 'int', 'int', 'uint64'])
const sendmsg_ = bind('sendmsg', 'long', ['int', 'uint64', 'int'])
const recvmsg_ = bind('recvmsg', 'long', ['int', 'uint64', 'int'])

/** Two connected stream sockets. Being connected, they work across network namespaces. */
export function socketpair(): [number, number] {
  const pair = Buffer.alloc(8)
  socketpair_(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, addressOf(pair))
  return [pair.readInt32LE(0), pair.readInt32LE(4)]
}

/**
 * Holds an abstract name (unix(7)): one descriptor on the machine has it, of those in one network namespace, and
 * the kernel gives it back when that is closed, however its process ends. Undefined when somebody else has it.
 */
export function holdName(name: string): number | undefined {
  const address = Buffer.from(`..\0${name}`) // struct sockaddr_un: sa_family_t, then the path
  address.writeUInt16LE(AF_UNIX, 0)
  const fd = socket_(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
  if (bind_(fd, addressOf(address), address.length) === 0) return fd
  const isTaken = errno() === EADDRINUSE
  if (!isTaken) checked(-1, 'bind', [fd, `@${name}`])
  close(fd)
  return undefined
}

/** struct msghdr with one struct iovec and room for control data, in words of 64 bits. */
class Message {
  readonly #vector: BigUint64Array
  readonly header: BigUint64Array

  constructor(data: Buffer, offset: number, control: Buffer) {
    this.#vector = new BigUint64Array([addressOf(data) + BigInt(offset), BigInt(data.length - offset)])
    const [at, length] = control.length === 0 ? [0n, 0n] : [addressOf(control), BigInt(control.length)]
    this.header = new BigUint64Array([0n, 0n, addressOf(this.#vector), 1n, at, length, 0n])
  }

  get controlLength(): number {
    return Number(this.header[5])
  }
}

/** Sends all bytes; the descriptors travel with the first of them. Waits while the buffer is full. */
export function sendWithDescriptors(socket: number, bytes: Buffer, fds: readonly number[]): void {
  let control: Buffer = Buffer.alloc(0)
  if (fds.length > 0) {
    control = Buffer.alloc(16 + 8 * Math.ceil((4 * fds.length) / 8))
    control.writeBigUInt64LE(BigInt(16 + 4 * fds.length), 0)
    control.writeInt32LE(SOL_SOCKET, 8)
    control.writeInt32LE(SCM_RIGHTS, 12)
    for (const [index, fd] of fds.entries()) control.writeInt32LE(fd, 16 + 4 * index)
  }
  let offset = 0
  while (offset < bytes.length) {
    const message = new Message(bytes, offset, control)
    const sent = Number(sendmsg_(socket, addressOf(message.header), MSG_NOSIGNAL))
    if (sent > 0) {
      offset += sent
      control = Buffer.alloc(0)
    } else if (errno() === EAGAIN) waitWritable(socket)
    else if (errno() !== EINTR) checked(-1, 'sendmsg', [socket, bytes, `${fds.length} descriptors`])
  }
}

interface Received {
  bytes: Buffer
  fds: number[]
}

/** Receives up to `buffer.length` bytes; no bytes means that the other end is closed. Blocks. */
export function receiveWithDescriptors(socket: number, buffer: Buffer): Received {
  const control = Buffer.alloc(16 + 4 * mostDescriptors)
  for (;;) {
    const message = new Message(buffer, 0, control)
    const length = Number(recvmsg_(socket, addressOf(message.header), MSG_CMSG_CLOEXEC))
    if (length < 0) {
      if (errno() === EINTR) continue
      checked(-1, 'recvmsg', [socket])
    }
    return { bytes: buffer.subarray(0, length), fds: readDescriptors(control.subarray(0, message.controlLength)) }
  }
}

/** A message of one byte that has come already, if any. */
export function receiveWaiting(socket: number): Received | undefined {
  if (!pollReadable([socket], 0).has(socket)) return undefined
  const message = receiveWithDescriptors(socket, Buffer.alloc(1))
  return message.bytes.length === 0 ? undefined : message
}

function readDescriptors(control: Buffer): number[] {
  if (control.length < 16 || control.readInt32LE(12) !== SCM_RIGHTS) return []
  const count = (Number(control.readBigUInt64LE(0)) - 16) / 4
  return Array.from({ length: count }, (_, index) => control.readInt32LE(16 + 4 * index))
}
