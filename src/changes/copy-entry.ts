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
import { errnoOf } from './failure.ts'
import { readFully, withFile } from './same-content.ts'

/** Called with what a copy is left without. */
export interface Refusals {
  /** The caller owns the copy. */
  owner(error: Error): void
  /** Called for each attribute that cannot be set; without it that is an error. */
  attribute?: (error: Error) => void
}

/** `to` does not exist yet. Sockets and devices cannot be made again. */
export function copyEntry(from: Entry, to: string, attributes: Attributes, refused: Refusals): void {
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
 * The order matters: chown(2) takes setuid and capabilities away, and a mode of 000 what setxattr(2) needs. A program that was
 * to run as its owner must not run as the caller instead.
 */
export function finish(from: Entry, to: string, attributes: Attributes, refused: Refusals): void {
  const { atimeNs, mtimeNs } = from.stat
  const hasOwner = changeOwner(from, to, refused)
  setAttributes(to, attributes, refused.attribute)
  setTimes(reach(to), atimeNs, mtimeNs)
  if (from.type !== 'symlink') chmodSync(reach(to), hasOwner ? from.mode : from.mode & 0o1777)
}

/** Only root may give files away (EPERM), and only to ids that exist in his user namespace (EINVAL): chown(2). */
function changeOwner({ stat: { uid, gid } }: Entry, to: string, refused: Refusals): boolean {
  const made = lstatSync(reach(to), { bigint: true })
  if (made.uid === uid && made.gid === gid) return true
  try {
    lchownSync(reach(to), Number(uid), Number(gid))
    return true
  } catch (error) {
    const errno = errnoOf(error)
    if (errno !== 'EPERM' && errno !== 'EINVAL') throw error
    const why = `it is yours, because its owner ${uid}:${gid} cannot be set (${errno})`
    refused.owner(Object.assign(new Error(why, { cause: error }), { code: errno }))
    return false
  }
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
