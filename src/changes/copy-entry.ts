// Makes one entry again elsewhere: content, owner, attributes, mode and times. Directories come empty.

import {
  chmodSync,
  closeSync,
  constants,
  ftruncateSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { makeFifo, setTimes } from '../sys/file-nodes.ts'
import { reach } from '../sys/long-path.ts'
import { cloneFile, nextData, nextHole } from '../sys/sparse.ts'
import { type Attributes, setAttributes } from './attributes.ts'
import type { Entry } from './entry.ts'
import { readFully, withFile } from './same-content.ts'

/** `to` does not exist yet. Sockets and devices cannot be made again. `refused` as in {@link finish}. */
export function copyEntry(from: Entry, to: string, attributes: Attributes, refused?: (error: Error) => void): void {
  makeNode(from, to)
  if (from.type !== 'directory') finish(from, to, attributes, refused)
}

function makeNode(from: Entry, to: string): void {
  switch (from.type) {
    case 'file':
      return copyContent(from, to)
    case 'directory':
      return void mkdirSync(reach(to), 0o700)
    case 'symlink':
      return symlinkSync(readlinkSync(reach(from.path), 'buffer'), reach(to))
    case 'fifo':
      return makeFifo(reach(to), 0o600)
    default:
      throw new Error(`A ${from.type} cannot be copied`)
  }
}

/**
 * The order matters: chown(2) takes setuid and capabilities away, and a mode of 000 what setxattr(2) needs. `refused` is called
 * for each attribute that cannot be set; without it that is an error.
 */
export function finish(from: Entry, to: string, attributes: Attributes, refused?: (error: Error) => void): void {
  const { uid, gid, atimeNs, mtimeNs } = from.stat
  const made = lstatSync(reach(to), { bigint: true })
  if (made.uid !== uid || made.gid !== gid) lchownSync(reach(to), Number(uid), Number(gid))
  setAttributes(to, attributes, refused)
  setTimes(reach(to), atimeNs, mtimeNs)
  if (from.type !== 'symlink') chmodSync(reach(to), from.mode)
}

function copyContent(from: Entry, to: string): void {
  const fd = openSync(reach(to), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    withFile(from.path, (source) => {
      if (from.size > 0 && !cloneFile(source, fd)) copyData(source, fd, from.size)
    })
  } finally {
    closeSync(fd)
  }
}

function copyData(from: number, to: number, size: number): void {
  copySegments(from, size, (data, position) => writeFully(to, data, position))
  ftruncateSync(to, size)
}

const chunk = 1 << 20

/** Every piece of a file that is not a hole. */
export function copySegments(from: number, size: number, write: (data: Buffer, position: number) => void): void {
  const buffer = Buffer.allocUnsafe(Math.min(chunk, size))
  for (let offset = nextData(from, 0, size); offset < size; offset = nextData(from, offset, size)) {
    const end = Math.min(nextHole(from, offset, size), size)
    while (offset < end) {
      const length = Math.min(buffer.length, end - offset)
      readFully(from, buffer, length, offset)
      write(buffer.subarray(0, length), offset)
      offset += length
    }
  }
}

export function writeFully(fd: number, data: Buffer, position: number): void {
  let done = 0
  while (done < data.length) done += writeSync(fd, data, done, data.length - done, position + done)
}
