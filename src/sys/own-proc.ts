// Checks whether /proc belongs to the process's own pid namespace (proc(5)).

import { readlinkSync, String } from '../untouched.ts'

/** False when /proc belongs to an outer pid namespace, whose pids differ. */
export function isOwnProc(pid: number): boolean {
  try {
    return readlinkSync('/proc/self') === String(pid)
  } catch {
    return false
  }
}
