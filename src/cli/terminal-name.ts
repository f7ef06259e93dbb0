// The terminal that a command shares with its caller.

import { readlinkSync } from 'node:fs'

/** Path of the first standard stream that is one, or null. By its name, because node:tty loads much more. */
export function terminalName(): string | null {
  const names = [0, 1, 2].map((fd) => streamName(fd))
  return names.find((name) => /^\/dev\/(pts\/\d+|tty\w+|console)$/.test(name)) ?? null
}

function streamName(fd: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return '' // it is closed
  }
}
