// What of the target was changed on the host since the run started, so that applying would lose it.

import { readdirSync } from 'node:fs'
import { listXattrs } from '../sys/xattr.ts'
import type { Difference } from './differences.ts'
import { type Entry, entryAt, type TrueModes } from './entry.ts'
import { errnoOf } from './failure.ts'
import { bytes, rootOf, textOf } from './names.ts'

export interface Conflict {
  /** Absolute, as in Change. */
  path: string
  reason: string
}

/**
 * In milliseconds. Times of files are those of the last timer tick, up to 10 ms behind the clock that the
 * start of the run was read from (time(7)); a little more is left for rounding. Errs to a conflict.
 */
const tolerance = 20

const none: TrueModes = new Map()

export function conflictsOf(differences: readonly Difference[], target: string, startedMs: number): Conflict[] {
  const search = new Search(rootOf(target), startedMs - tolerance)
  for (const difference of differences) search.look(difference)
  return search.found.map(({ path, reason }) => ({ path: textOf(path).replace('/./', '/'), reason }))
}

class Search {
  readonly found: Conflict[] = []
  readonly #root: string
  readonly #since: number

  constructor(root: string, since: number) {
    this.#root = root
    this.#since = since
  }

  look({ path, kind, changed, after, before, gone }: Difference): void {
    if (kind === 'added' && after) this.#added(path, after)
    if (!before) return
    const isMerged = before.type === 'directory' && !gone
    if (isMerged && path !== '' && this.#isSince(before.stat.birthtimeNs)) this.#add(before.path, 'it was made since')
    else if (kind !== 'unchanged' && this.#isSince(before.stat.ctimeNs)) {
      this.#add(before.path, changed.includes('type') ? `a ${before.type} that was changed since` : 'it was changed since')
    }
    if (gone) this.#below(before.path)
  }

  /**
   * A copy of a lower file (overlayfs.rst, origin) that is new in the target was renamed inside, or the original
   * was deleted outside. A change of the directory tells the second may be so. Of a file that was deleted on both
   * sides and made anew inside nothing tells: it is applied.
   */
  #added(path: string, after: Entry): void {
    if (!listXattrs(bytes(after.path)).includes('user.overlay.origin')) return
    const slash = path.lastIndexOf('/')
    const directory = entryAt(slash < 0 ? this.#root : `${this.#root}/${path.slice(0, slash)}`, none)
    if (directory?.type === 'directory' && this.#isSince(directory.stat.ctimeNs))
      this.#add(`${this.#root}/${path}`, 'its original may have been deleted since')
  }

  #below(directory: string): void {
    let names: string[]
    try {
      names = readdirSync(bytes(directory), 'latin1')
    } catch (error) {
      return this.#add(directory, `what it holds cannot be checked: ${errnoOf(error)}`)
    }
    for (const name of names.sort()) {
      const entry = entryAt(`${directory}/${name}`, none)
      if (!entry) continue
      if (this.#isSince(entry.stat.ctimeNs)) this.#add(entry.path, 'it was changed since, in a directory that would be deleted')
      if (entry.type === 'directory') this.#below(entry.path)
    }
  }

  #isSince(timeNs: bigint): boolean {
    return Number(timeNs) / 1e6 >= this.#since
  }

  #add(path: string, reason: string): void {
    this.found.push({ path, reason })
  }
}
