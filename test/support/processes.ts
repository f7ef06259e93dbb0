// What the host shows of processes and mounts.

import { readdirSync, readFileSync } from 'node:fs'
import { expect, vi } from 'vitest'
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

/** Waits until the condition holds; it is checked every 20 ms. @throws Error when it still does not after 30 s */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(condition(), String(condition)).toBe(true), { timeout: 30_000, interval: 20 })
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
