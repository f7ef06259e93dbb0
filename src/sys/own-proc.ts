// Whether /proc is that of a process's own pid namespace (proc(5)).

import { readlinkSync } from 'node:fs'

/** False where it shows the processes of a namespace around this one: the pids in it are other ones. */
export function isOwnProc(pid: number): boolean {
  try {
    return readlinkSync('/proc/self') === String(pid)
  } catch {
    return false
  }
}
