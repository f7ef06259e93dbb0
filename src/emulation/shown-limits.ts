// Where programs look for what they may use: the files of a cgroup, which init writes where there is none.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { EmulatedLimits } from '../plan/limits.ts'
import { close } from '../sys/descriptor.ts'

/** Those that have files. */
export type Shown = Pick<EmulatedLimits, 'cpu' | 'memory' | 'pids'>

export class ShownLimits {
  /** A handle to the directory that is /sys/fs/cgroup for the programs, which cannot write in it. */
  readonly #tree: number | undefined

  constructor(tree: number | undefined) {
    this.#tree = tree
  }

  /** False where programs have no such directory. That they are not told of a limit does not end it. */
  show(shown: Shown): boolean {
    try {
      return this.#write(shown)
    } catch {
      return false
    }
  }

  #write(shown: Shown): boolean {
    if (this.#tree === undefined) return false
    // The caller's, which the payload is to have, may make unreadable what programs are to read.
    const mask = process.umask(0o022)
    try {
      this.#writeFiles(this.#tree, shown)
    } finally {
      process.umask(mask)
    }
    return true
  }

  #writeFiles(tree: number, shown: Shown): void {
    for (const [name, value] of Object.entries(contents(shown))) {
      const path = `/proc/self/fd/${tree}/${name}`
      mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true })
      if (value === undefined) rmSync(path, { force: true })
      else writeWhole(path, `${value}\n`)
    }
  }

  /** In the payload. */
  close(): void {
    if (this.#tree !== undefined) close(this.#tree)
  }
}

/** At once, for whoever reads it meanwhile. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o444 })
  renameSync(`${path}.new`, path)
}

/** By path: undefined is no limit. Both kinds of cgroups: /proc/PID/cgroup tells programs where to look (cgroups(7)). */
function contents({ cpu, memory, pids }: Shown): Record<string, string | undefined> {
  const files: Record<string, string | undefined> = {}
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):\/*(.*)$/.exec(line) ?? []
    const bytes = memory === undefined ? undefined : String(memory)
    if (controllers.split(',').includes('memory')) {
      files[`memory/${path}/memory.limit_in_bytes`] = bytes
      files[`memory/${path}/memory.soft_limit_in_bytes`] = bytes
    } else if (line.startsWith('0::')) {
      const period = cpu && Math.round(cpu.periodMs * 1000)
      files[`${path}/cpu.max`] = cpu && period ? `${Math.round(cpu.share * period)} ${period}` : undefined
      files[`${path}/cpu.weight`] = cpu && '100'
      files[`${path}/memory.max`] = bytes
      files[`${path}/memory.high`] = memory === undefined ? undefined : 'max'
      files[`${path}/pids.max`] = pids === undefined ? undefined : String(pids)
    }
  }
  return files
}
