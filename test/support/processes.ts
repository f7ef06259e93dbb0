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

/**
 * One line for a process and each below it: what it does, in its user's code or in which system call (proc(5)), and what its
 * threads do. Threads that run, and a high load, tell a slow machine from one that waits for ever.
 */
export function describeProcesses(pid: number): string {
  const lines = [pid, ...descendants(pid)].map((each) => {
    const [wchan, syscall, command] = ['wchan', 'syscall', 'cmdline'].map((file) =>
      read(`/proc/${each}/${file}`).replaceAll('\0', ' ').trim(),
    )
    return `${each} ${threadStates(each)} ${wchan} [${syscall}] ${command?.slice(-120)}`
  })
  return [`load ${read('/proc/loadavg').trim()}`, ...lines].join('\n')
}

/** Such as `SSR`, the main thread's first. */
function threadStates(pid: number): string {
  return list(`/proc/${pid}/task`)
    .map((thread) => /^State:\s+(\S)/m.exec(read(`/proc/${pid}/task/${thread}/status`))?.[1])
    .join('')
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

/** Empty for a process that is gone or of another user. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}
