// The program of a sandbox, seen from the host.

import { readFileSync } from 'node:fs'
import { sendSignal } from '../sys/signal.ts'

/** The first child of init, for as long as it lives; others are orphans, which come after it (proc_pid_task_children(5)). */
export function payloadPid(init: number): number | undefined {
  try {
    const [first] = readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').split(' ').filter(Boolean)
    return first === undefined ? undefined : Number(first)
  } catch {
    return undefined // init has ended
  }
}

/** Signals the program and what is in its process group. False when it is not there. */
export function signalPayload(init: number, signal: NodeJS.Signals): boolean {
  const pid = payloadPid(init)
  if (pid === undefined) return false
  // Between fork(2) and setsid(2) it has no group of its own yet.
  return sendSignal(-pid, signal) || sendSignal(pid, signal)
}
