// Files of /proc, read often: into one buffer, and without a word about processes that are gone.

import { closeSync, openSync, readSync } from 'node:fs'

let buffer = Buffer.alloc(1 << 14)

/** The text of a file, one character for each byte; empty when it cannot be read. */
export function readSmall(path: string): string {
  let fd: number
  try {
    fd = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    return readWhole(fd)
  } catch {
    return '' // ESRCH: it has ended since it was opened
  } finally {
    closeSync(fd)
  }
}

function readWhole(fd: number): string {
  let length = 0
  for (;;) {
    const got = readSync(fd, buffer, length, buffer.length - length, null)
    if (got === 0) return buffer.toString('latin1', 0, length)
    length += got
    if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(buffer.length)])
  }
}
