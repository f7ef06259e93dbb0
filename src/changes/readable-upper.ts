// An upper may hold what its owner cannot read, such as a file of mode 000: it is opened up for a while.

import { chmodSync, statSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { deepest, depthFirst } from './depth-first.ts'
import { type Entry, entriesIn, entryOf, inodeOf, type TrueModes } from './entry.ts'
import { errnoOf } from './failure.ts'
import { nameOf } from './names.ts'
import { atOnce, type Steps } from './steps.ts'

/** The upper is nobody's but the sandbox's, and that has ended. Nothing else is ever opened up. */
export function withReadable<T>(upper: string, act: (modes: TrueModes) => T): T {
  const opened = new Opened()
  try {
    atOnce(opened.openUp(upper))
    return act(opened.modes)
  } finally {
    opened.restore()
  }
}

/** The same for work in steps. */
export function* readably<T>(upper: string, act: (modes: TrueModes) => Steps<T>): Steps<T> {
  const opened = new Opened()
  try {
    yield* opened.openUp(upper)
    return yield* act(opened.modes)
  } finally {
    opened.restore()
  }
}

const none: TrueModes = new Map()

/** Nothing where it cannot be opened up: who reads it says so. */
function entriesOf(directory: string): Entry[] {
  try {
    return entriesIn(directory, none)
  } catch (error) {
    if (errnoOf(error) === 'EACCES' || (error as { code?: string }).code === 'ERR_NSBOX_DIFF') return []
    throw error
  }
}

class Opened {
  readonly modes: Map<string, number> = new Map()
  readonly #entries: Entry[] = []

  #open(entry: Entry): void {
    const needed = entry.type === 'directory' ? 0o500 : entry.type === 'file' ? 0o400 : 0
    if ((entry.mode & needed) === needed) return
    try {
      chmodSync(reach(entry.path), entry.mode | needed)
    } catch (error) {
      // It belongs to one of the other ids that a sandbox may have.
      if (errnoOf(error) === 'EPERM') return
      throw error
    }
    this.#entries.push(entry)
    this.modes.set(inodeOf(entry.stat), entry.mode)
  }

  /** Root needs no permissions. */
  *openUp(upper: string): Steps<void> {
    if (process.geteuid?.() === 0) return
    const root = nameOf(upper)
    // Its path may be a link to it, such as /proc/self/fd/3.
    const top = entryOf(root, statSync(reach(root), { bigint: true }), none)
    const below = ({ type, path }: Entry) => (type === 'directory' && path.length - root.length <= deepest ? entriesOf(path) : [])
    for (const entry of depthFirst([top], below)) {
      yield
      this.#open(entry)
    }
  }

  restore(): void {
    for (const { path, mode } of this.#entries.reverse()) chmodSync(reach(path), mode)
  }
}
