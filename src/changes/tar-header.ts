// Headers of a tar archive: ustar, and PAX records for what does not fit (pax(1p), tar(5)). Names are byte strings.

import { bytes } from './names.ts'

export const block = 512

export const typeflags = { file: '0', link: '1', symlink: '2', directory: '5', fifo: '6' } as const

export interface TarEntry {
  type: keyof typeof typeflags
  name: string
  /** Of a link or a symbolic link. */
  target?: string
  mode: number
  uid: number
  gid: number
  size: number
  mtimeNs: bigint
  attributes: ReadonlyMap<string, Buffer>
}

/** One header, with the PAX records before it that the entry needs. */
export function tarHeader(entry: TarEntry): Buffer {
  const records = paxRecords(entry)
  if (records.length === 0) return ustar(entry, typeflags[entry.type])
  const extended: TarEntry = { ...entry, name: `PaxHeaders/${entry.name.slice(-80)}`, target: '', mode: 0o644, size: records.length }
  return Buffer.concat([ustar(extended, 'x'), padded(records), ustar(entry, typeflags[entry.type])])
}

export function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc(-data.length & (block - 1))])
}

const second = 1_000_000_000n
const greatest = { id: 0o7777777, size: 0o77777777777, seconds: 0o77777777777n }

/** Names that are not UTF-8 are written as they are, without the `hdrcharset` that readers do not know: GNU tar does the same. */
function paxRecords({ name, target = '', uid, gid, size, mtimeNs, attributes }: TarEntry): Buffer {
  const records: [string, Buffer][] = []
  const [seconds, nanoseconds] = timeParts(mtimeNs)
  if (!fits(name)) records.push(['path', bytes(name)])
  if (!fits(target)) records.push(['linkpath', bytes(target)])
  if (size > greatest.size) records.push(['size', Buffer.from(String(size))])
  if (uid > greatest.id) records.push(['uid', Buffer.from(String(uid))])
  if (gid > greatest.id) records.push(['gid', Buffer.from(String(gid))])
  if (nanoseconds !== 0n || seconds < 0n || seconds > greatest.seconds) records.push(['mtime', Buffer.from(decimalTime(mtimeNs))])
  for (const [key, value] of attributes) records.push([`SCHILY.xattr.${key}`, value])
  return Buffer.concat(records.map(([key, value]) => paxRecord(key, value)))
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([bytes(` ${key}=`), value, Buffer.from('\n')])
  let length = rest.length
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

function fits(text: string): boolean {
  return text.length <= 100 && !/[^\x20-\x7e]/.test(text)
}

function timeParts(timeNs: bigint): [seconds: bigint, nanoseconds: bigint] {
  const nanoseconds = ((timeNs % second) + second) % second
  return [(timeNs - nanoseconds) / second, nanoseconds]
}

function decimalTime(timeNs: bigint): string {
  const size = timeNs < 0n ? -timeNs : timeNs
  return `${timeNs < 0n ? '-' : ''}${size / second}.${String(size % second).padStart(9, '0')}`
}

function ustar(entry: TarEntry, typeflag: string): Buffer {
  const header = Buffer.alloc(block)
  const octal = (value: number | bigint, length: number) => value.toString(8).padStart(length - 1, '0')
  const clamped = (value: number, most: number) => (value > most ? 0 : value)
  const [seconds] = timeParts(entry.mtimeNs)
  header.write(entry.name.slice(0, 100), 0, 'latin1')
  header.write(octal(entry.mode, 8), 100, 'latin1')
  header.write(octal(clamped(entry.uid, greatest.id), 8), 108, 'latin1')
  header.write(octal(clamped(entry.gid, greatest.id), 8), 116, 'latin1')
  header.write(octal(clamped(entry.size, greatest.size), 12), 124, 'latin1')
  header.write(octal(seconds < 0n || seconds > greatest.seconds ? 0n : seconds, 12), 136, 'latin1')
  header.write(' '.repeat(8), 148, 'latin1')
  header.write(typeflag, 156, 'latin1')
  header.write((entry.target ?? '').slice(0, 100), 157, 'latin1')
  header.write('ustar\x0000', 257, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)}\0 `, 148, 'latin1')
  return header
}
