// Netlink sockets and messages (netlink(7)). The kernel answers while it is sent to: what it has to say is there when send(2) returns.

import { close } from './descriptor.ts'
import { addressOf, bind, bindChecked, checked, errno } from './libc.ts'
import { SysError } from './sys-error.ts'

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 3 | 0o2000000
const MSG_DONTWAIT = 0x40
const EAGAIN = 11
const EINTR = 4
const headerLength = 16
export const NLMSG_ERROR = 2
const NLM_F_REQUEST = 1
const NLM_F_ACK = 4
const NLA_F_NESTED = 0x8000
const NLA_TYPE_MASK = 0x3fff

export const netlinkProtocols = { route: 0, netfilter: 12 } as const

const socket_ = bindChecked('socket', 'int', ['int', 'int', 'int'])
const send_ = bindChecked('send', 'long', ['int', 'uint64', 'ulong', 'int'])
const recv_ = bind('recv', 'long', ['int', 'uint64', 'ulong', 'int'])

export interface NetlinkMessage {
  /** As the manual has it, for errors: `RTM_NEWQDISC netem`. */
  name: string
  type: number
  /** Besides NLM_F_REQUEST. */
  flags?: number
  /** Whether the kernel is to say that it was done; true where it is not given. */
  acknowledged?: boolean
  /** The family's own header, and attributes. */
  body: Buffer
  /** Answers of the kernel that are taken for none, by name. */
  mayFail?: readonly string[]
}

/** Messages that go out together. */
export interface NetlinkBatch {
  messages: readonly NetlinkMessage[]
  bytes: Buffer
}

/** What came, without its header. */
export interface NetlinkAnswer {
  type: number
  body: Buffer
}

export function netlinkSocket(protocol: keyof typeof netlinkProtocols): number {
  return socket_(AF_NETLINK, SOCK_RAW_CLOEXEC, netlinkProtocols[protocol])
}

/** Sends all of them at once, and answers what is no acknowledgement. @throws SysError of the first that the kernel refuses */
export function askNetlink(fd: number, messages: readonly NetlinkMessage[]): NetlinkAnswer[] {
  return askTogether(fd, batchOf(messages))
}

/** The same, of what was encoded before. The kernel goes on after one that it refuses. */
export function askTogether(fd: number, { messages, bytes }: NetlinkBatch): NetlinkAnswer[] {
  send_(fd, addressOf(bytes), bytes.length, 0)
  const answers: NetlinkAnswer[] = []
  for (let received = receiveNetlink(fd); received; received = receiveNetlink(fd)) {
    for (const { type, body, sequence } of received) {
      if (type !== NLMSG_ERROR) answers.push({ type, body })
      else if (body.readInt32LE(0) !== 0) refused(-body.readInt32LE(0), messages[sequence])
    }
  }
  return answers
}

function refused(errno: number, message: NetlinkMessage | undefined): void {
  const error = new SysError('netlink', [message?.name], errno)
  if (!message?.mayFail?.includes(error.errno ?? '')) throw error
}

export function batchOf(messages: readonly NetlinkMessage[]): NetlinkBatch {
  return { messages, bytes: Buffer.concat(messages.map(encoded)) }
}

export function sendNetlink(fd: number, messages: readonly NetlinkMessage[]): void {
  const { bytes } = batchOf(messages)
  send_(fd, addressOf(bytes), bytes.length, 0)
}

/** What has come already, if anything: one datagram. */
export function receiveNetlink(fd: number): (NetlinkAnswer & { sequence: number })[] | undefined {
  for (;;) {
    const length = Number(recv_(fd, addressOf(room), room.length, MSG_DONTWAIT))
    if (length >= 0) return decoded(room.subarray(0, length))
    if (errno() === EAGAIN) return undefined
    if (errno() !== EINTR) checked(-1, 'recv', [fd])
  }
}

/** A dump comes in pieces of 32 KiB at most. */
const room = Buffer.alloc(1 << 15)

/** In a socket of its own. @throws SysError */
export function withNetlink<T>(protocol: keyof typeof netlinkProtocols, use: (fd: number) => T): T {
  const fd = netlinkSocket(protocol)
  try {
    return use(fd)
  } finally {
    close(fd)
  }
}

/** struct nlmsghdr. The sequence number is the message's place among those that are sent with it. */
function encoded({ type, flags = 0, acknowledged = true, body }: NetlinkMessage, index: number): Buffer {
  const message = Buffer.alloc(aligned(headerLength + body.length))
  message.writeUInt32LE(headerLength + body.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(NLM_F_REQUEST | flags | (acknowledged ? NLM_F_ACK : 0), 6)
  message.writeUInt32LE(index, 8)
  body.copy(message, headerLength)
  return message
}

function decoded(bytes: Buffer): (NetlinkAnswer & { sequence: number })[] {
  const messages = []
  for (let at = 0; at + headerLength <= bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    const body = Buffer.from(bytes.subarray(at + headerLength, at + length))
    messages.push({ type: bytes.readUInt16LE(at + 4), sequence: bytes.readUInt32LE(at + 8), body })
    at += aligned(Math.max(length, headerLength))
  }
  return messages
}

/** struct nlattr, with its padding. */
export function attribute(type: number, value: Buffer): Buffer {
  const bytes = Buffer.alloc(aligned(4 + value.length))
  bytes.writeUInt16LE(4 + value.length, 0)
  bytes.writeUInt16LE(type, 2)
  value.copy(bytes, 4)
  return bytes
}

export function nested(type: number, attributes: readonly Buffer[]): Buffer {
  return attribute(type | NLA_F_NESTED, Buffer.concat(attributes))
}

export function textAttribute(type: number, text: string): Buffer {
  return attribute(type, Buffer.from(`${text}\0`))
}

/** In network byte order, as all numbers of netfilter are. */
export function bigEndian(number: number, bytes: 2 | 4): Buffer {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntBE(number, 0, bytes)
  return buffer
}

export function attributesOf(bytes: Buffer): Map<number, Buffer> {
  const attributes = new Map<number, Buffer>()
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Math.max(bytes.readUInt16LE(at), 4)
    attributes.set(bytes.readUInt16LE(at + 2) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length))
    at += aligned(length)
  }
  return attributes
}

function aligned(length: number): number {
  return (length + 3) & ~3
}
