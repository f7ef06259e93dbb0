// An upper may hold what its owner cannot read, such as a file of mode 000: it is opened up for a while.

import { type BigIntStats, chmodSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { inodeOf, type TrueModes } from './entry.ts'
import { bytes, nameOf } from './names.ts'

/** The upper is nobody's but the sandbox's, and that has ended. Nothing else is ever opened up. */
export function withReadable<T>(upper: string, act: (modes: TrueModes) => T): T {
  const opened = new Opened()
  try {
    if (process.geteuid?.() !== 0) opened.openUp(nameOf(upper), statSync(bytes(nameOf(upper)), { bigint: true }))
    return act(opened.modes)
  } finally {
    opened.restore()
  }
}

class Opened {
  readonly modes: Map<string, number> = new Map()
  readonly #paths: { path: string; mode: number }[] = []

  openUp(path: string, stat: BigIntStats): void {
    const needed = stat.isDirectory() ? 0o500 : stat.isFile() ? 0o400 : 0
    const mode = Number(stat.mode) & 0o7777
    if ((mode & needed) !== needed) {
      this.#paths.push({ path, mode })
      this.modes.set(inodeOf(stat), mode)
      chmodSync(bytes(path), mode | needed)
    }
    if (!stat.isDirectory()) return
    for (const name of readdirSync(bytes(`${path}/.`), 'latin1')) {
      const below = `${path}/${name}`
      this.openUp(below, lstatSync(bytes(below), { bigint: true }))
    }
  }

  restore(): void {
    for (const { path, mode } of this.#paths.reverse()) chmodSync(bytes(path), mode)
  }
}
