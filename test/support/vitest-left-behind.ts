// What a run has on the machine while it lasts, and must not have afterwards.

import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import type { Project } from './vitest-project.ts'

export interface RunningProcess {
  pid: number
  ppid: number
  words: string[]
}

/** Processes with any of the marks in their words or their environment. Zombies have neither. */
export function processesWith(...marks: string[]): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const words = readIfThere(`/proc/${pid}/cmdline`)
      const texts = [words, readIfThere(`/proc/${pid}/environ`)]
      if (!marks.some((mark) => texts.some((text) => text.includes(mark)))) return []
      const ppid = Number(/^PPid:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0)
      return [{ pid: Number(pid), ppid, words: words.split('\0').slice(0, -1) }]
    })
}

/**
 * Everything that runs for a project: its HOME is in the environment of each. An init hides its
 * environment, but not its words, which are its zygote's and end with the pid of vitest.
 */
export function processesOf({ home }: Project, vitest?: number): RunningProcess[] {
  const zygotes = vitest === undefined ? [] : ['threads', 'single-threaded', 'cold'].map((mode) => `\0${mode}\0${vitest}\0`)
  return processesWith(home, ...zygotes)
}

/** The shell that cleans up after a run may take a moment longer than vitest. */
export async function expectNothingRuns(project: Project): Promise<void> {
  await vi.waitFor(() => expect(processesOf(project)).toEqual([]), { timeout: 30_000, interval: 20 })
}

export function isZygote({ words }: RunningProcess): boolean {
  return words.some((word) => /\/zygote\.(js|ts)$/.test(word))
}

/** Mounts that this process sees. Those of sandboxes are their own. */
export function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(3).join(' '))
}

/** Sockets of this network namespace that have a name. */
export function namedSockets(): string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .flatMap((line) => line.trim().split(/\s+/).slice(7))
    .sort()
}

/** Every file below a directory: its kind, mode, time of change and content. */
export function fingerprint(directory: string, leaveOut: readonly string[] = []): Record<string, string> {
  const entries: Record<string, string> = {}
  const visit = (path: string) => {
    const full = join(directory, path)
    const { mode, mtimeNs } = lstatSync(full, { bigint: true })
    const entry = lstatSync(full)
    const content = entry.isFile() ? readFileSync(full, 'hex') : entry.isSymbolicLink() ? readlinkSync(full) : ''
    entries[path] = `${mode.toString(8)} ${mtimeNs} ${content}`
    if (!entry.isDirectory()) return
    for (const name of readdirSync(full)) if (!leaveOut.includes(name)) visit(join(path, name))
  }
  visit('.')
  return entries
}

/** Processes end at any time while they are looked at. Others are not ours to read. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return ''
    throw error
  }
}
