// Questions of DNS and their answers (RFC 1035): addresses of a few names, and of these addresses the names.

import { isIPv4 } from 'node:net'
import { addressBytes } from '../sys/address-bytes.ts'

const headerLength = 12
const types = { A: 1, PTR: 12, AAAA: 28, ANY: 255 }
const IN = 1
const codes = { ok: 0, malformed: 1, unknownName: 3, notImplemented: 4 }
const isAnswer = 0x8000
const isAuthoritative = 0x0400
const opcode = 0x7800
const keptFlags = opcode | 0x0100 // and whether to ask further, which is given back as it came
/** Of an answer, in seconds: the next sandbox may have another. */
const lifetime = 1

export interface Names {
  /** By name, in small letters. */
  addresses: Map<string, string[]>
  /** By the name of an address, such as `1.0.0.127.in-addr.arpa`. */
  names: Map<string, string>
}

interface Question {
  name: string
  type: number
  /** As it was asked. */
  bytes: Buffer
}

/** The first name that has an address is the one that the address has. Localhost is known always. */
export function namesOf(hosts: Record<string, string>): Names {
  const addresses = new Map<string, string[]>()
  const names = new Map<string, string>()
  const pairs = [...Object.entries(hosts), ['localhost', '127.0.0.1'], ['localhost', '::1']] as [string, string][]
  for (const [name, address] of pairs) {
    const known = name.toLowerCase()
    addresses.set(known, [...(addresses.get(known) ?? []), address])
    const reverse = reverseName(address)
    if (!names.has(reverse)) names.set(reverse, name)
  }
  return { addresses, names }
}

/** `unknown` is told of a name that is asked for in vain. Undefined for what is no question. */
export function answerTo(message: Buffer, { addresses, names }: Names, unknown: (name: string) => void): Buffer | undefined {
  if (message.length < headerLength || message.readUInt16BE(2) & isAnswer) return undefined
  if (message.readUInt16BE(2) & opcode) return response(message, undefined, codes.notImplemented, [])
  const question = questionOf(message)
  if (!question) return response(message, undefined, codes.malformed, [])
  const { name, type } = question
  const pointed = names.get(name)
  if (pointed !== undefined) return response(message, question, codes.ok, asksFor(type, 'PTR') ? [record('PTR', encodeName(pointed))] : [])
  const known = addresses.get(name)
  if (!known) {
    unknown(name)
    return response(message, question, codes.unknownName, [])
  }
  const records = known.flatMap((address) => {
    const kind = isIPv4(address) ? 'A' : 'AAAA'
    return asksFor(type, kind) ? [record(kind, addressBytes(address))] : []
  })
  return response(message, question, codes.ok, records)
}

function asksFor(type: number, kind: keyof typeof types): boolean {
  return type === types[kind] || type === types.ANY
}

function questionOf(message: Buffer): Question | undefined {
  if (message.readUInt16BE(4) !== 1) return undefined
  const labels: string[] = []
  let offset = headerLength
  for (;;) {
    const length = message[offset++]
    if (length === undefined || length > 63) return undefined // a pointer, where there is nothing to point to
    if (length === 0) break
    labels.push(message.toString('latin1', offset, offset + length))
    offset += length
  }
  const end = offset + 4
  if (end > message.length) return undefined
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(offset), bytes: message.subarray(headerLength, end) }
}

function response(message: Buffer, question: Question | undefined, code: number, records: Buffer[]): Buffer {
  const header = Buffer.alloc(headerLength)
  message.copy(header, 0, 0, 2)
  header.writeUInt16BE(isAnswer | isAuthoritative | (message.readUInt16BE(2) & keptFlags) | code, 2)
  header.writeUInt16BE(question ? 1 : 0, 4)
  header.writeUInt16BE(records.length, 6)
  return Buffer.concat([header, ...(question ? [question.bytes] : []), ...records])
}

function record(type: keyof typeof types, data: Buffer): Buffer {
  const fixed = Buffer.alloc(12)
  fixed.writeUInt16BE(0xc000 | headerLength, 0) // the name: that of the question
  fixed.writeUInt16BE(types[type], 2)
  fixed.writeUInt16BE(IN, 4)
  fixed.writeUInt32BE(lifetime, 6)
  fixed.writeUInt16BE(data.length, 10)
  return Buffer.concat([fixed, data])
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label, 'latin1')]))
  return Buffer.concat([...labels, Buffer.of(0)])
}

function reverseName(address: string): string {
  const bytes = addressBytes(address)
  if (bytes.length === 4) return `${[...bytes].reverse().join('.')}.in-addr.arpa`
  return `${[...bytes.toString('hex')].reverse().join('.')}.ip6.arpa`
}
