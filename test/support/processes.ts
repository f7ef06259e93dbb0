// What the host shows of processes and mounts.

import { readdirSync, readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { descendants } from '../../src/sys/descendants.ts'

/** Pids of the processes that have this text in their environment or command line. Zombies have neither. */
export function processesWith(token: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && [`/proc/${pid}/environ`, `/proc/${pid}/cmdline`].some((file) => read(file).includes(token)))
}

export function mounts(): string {
  return readFileSync('/proc/self/mountinfo', 'utf8')
}

export function isAlive(pid: number): boolean {
  return /^State:\s+[^ZX]/m.test(read(`/proc/${pid}/status`))
}

/** Turns the event loop until it is so; the test's own timeout is the limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate()
}

/** One line for a process and each below it: what it does, in its user's code or in which system call (proc(5)). */
export function describeProcesses(pid: number): string {
  return [pid, ...descendants(pid)]
    .map((each) => {
      const state = /^State:\s+(\S)/m.exec(read(`/proc/${each}/status`))?.[1]
      const [wchan, syscall, command] = ['wchan', 'syscall', 'cmdline'].map((file) =>
        read(`/proc/${each}/${file}`).replaceAll('\0', ' ').trim(),
      )
      return `${each} ${state} ${wchan} [${syscall}] ${command?.slice(-120)}`
    })
    .join('\n')
}

/** Empty for a process that is gone or of another user. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
