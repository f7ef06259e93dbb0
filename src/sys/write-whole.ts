// Writes all of a text, wherever it goes: to a file, a terminal, or a pipe that is full.

import { writeSync } from 'node:fs'
import { waitWritable } from './descriptor.ts'

/** False when its reader is gone (EPIPE). @throws ErrnoException when it cannot be written, such as ENOSPC */
export function writeWhole(fd: number, text: string): boolean {
  let rest: Uint8Array = Buffer.from(text)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') return false
      // The other end made the pipe non-blocking, which holds for both.
      if (code !== 'EAGAIN') throw error
      waitWritable(fd)
    }
  }
  return true
}
