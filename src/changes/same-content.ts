// Whether two files hold the same bytes. Holes are skipped, so that huge sparse files cost nothing.

import { closeSync, constants, openSync, readSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { nextData, nextHole } from '../sys/sparse.ts'
import type { Entry } from './entry.ts'
import { errnoOf } from './failure.ts'

/**
 * A file of the host's that the caller may not read is taken for the same when size and time of change
 * are: a copy that an overlay makes keeps both.
 */
export function sameContent(upper: Entry, lower: Entry): boolean {
  if (upper.size !== lower.size) return false
  let fd: number
  try {
    fd = openToRead(lower.path)
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    return upper.stat.mtimeNs === lower.stat.mtimeNs
  }
  try {
    return withFile(upper.path, (other) => sameBytes(fd, other, upper.size))
  } finally {
    closeSync(fd)
  }
}

const chunk = 1 << 20

function sameBytes(a: number, b: number, size: number): boolean {
  const [left, right] = [Buffer.allocUnsafe(Math.min(chunk, size)), Buffer.allocUnsafe(Math.min(chunk, size))]
  for (let offset = 0; ; ) {
    const [dataOfA, dataOfB] = [nextData(a, offset, size), nextData(b, offset, size)]
    const start = Math.min(dataOfA, dataOfB)
    if (start >= size) return true
    const end = Math.min(nextHole(dataOfA === start ? a : b, start, size), start + chunk, size)
    const length = end - start
    readFully(a, left, length, start)
    readFully(b, right, length, start)
    if (left.compare(right, 0, length, 0, length) !== 0) return false
    offset = end
  }
}

/** A file that became shorter meanwhile reads as zeros. */
export function readFully(fd: number, buffer: Buffer, length: number, position: number): void {
  let done = 0
  while (done < length) {
    const count = readSync(fd, buffer, done, length - done, position + done)
    if (count === 0) {
      buffer.fill(0, done, length)
      return
    }
    done += count
  }
}

/** Never waits for a FIFO that took the file's place, nor follows a link. */
export function openToRead(path: string): number {
  return openSync(reach(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
}

export function withFile<T>(path: string, act: (fd: number) => T): T {
  const fd = openToRead(path)
  try {
    return act(fd)
  } finally {
    closeSync(fd)
  }
}
