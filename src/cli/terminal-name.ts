// The terminal that a command shares with its caller.

import { readlinkSync } from 'node:fs'
import { isatty } from 'node:tty'

/** Path of the first standard stream that is one, or null. */
export function terminalName(): string | null {
  const stream = [0, 1, 2].find((fd) => isatty(fd))
  return stream === undefined ? null : readlinkSync(`/proc/self/fd/${stream}`)
}
