// What of the target was changed on the host since the run started, so that applying would lose it.

import { reach } from '../sys/long-path.ts'
import { listXattrs } from '../sys/xattr.ts'
import type { UpperLayer } from './changed.ts'
import { depthFirst } from './depth-first.ts'
import type { Difference } from './differences.ts'
import { type Entry, entriesIn, entryAt, type TrueModes } from './entry.ts'
import { errnoOf } from './failure.ts'
import { rootOf, textOf } from './names.ts'

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

/** Whether a time of a file, in nanoseconds, may be after the start. */
export function isSince(timeNs: bigint, startedMs: number): boolean {
  return Number(timeNs) / 1e6 >= startedMs - tolerance
}

export function conflictsOf(differences: readonly Difference[], layer: UpperLayer, startedMs: number): Conflict[] {
  const search = new Search(layer, startedMs)
  for (const difference of differences) search.look(difference)
  return search.found.map(({ path, reason }) => ({ path: textOf(path).replace('/./', '/'), reason }))
}

class Search {
  readonly found: Conflict[] = []
  readonly #root: string
  readonly #directories: UpperLayer['directories']
  readonly #startedMs: number

  constructor({ target, directories }: UpperLayer, startedMs: number) {
    this.#root = rootOf(target)
    this.#directories = directories
    this.#startedMs = startedMs
  }

  look({ path, kind, changed, after, before, gone }: Difference): void {
    if (kind === 'added' && after) this.#added(path, after)
    if (!before) return
    const isMerged = before.type === 'directory' && !gone
    // With the very time of the sandbox's, an apply that did not get to the end made it.
    const isOther = isMerged && path !== '' && after?.stat.mtimeNs !== before.stat.mtimeNs
    if (isOther && this.#isSince(before.stat.birthtimeNs)) this.#add(before.path, 'it was made since')
    else if (isMerged && this.#isAnother(path, before)) this.#add(before.path, 'another directory has taken its place since')
    else if (kind !== 'unchanged' && this.#isSince(before.stat.ctimeNs)) {
      this.#add(before.path, changed.includes('type') ? `a ${before.type} that was changed since` : 'it was changed since')
    }
    if (gone) this.#below(before.path)
  }

  /** rename(2) changes the ctime of what it moves. An apply makes no directory in the place of one, so that it can be repeated. */
  #isAnother(path: string, { stat }: Entry): boolean {
    const was = this.#directories?.get(path)
    return was !== undefined && was !== String(stat.ino) && this.#isSince(stat.ctimeNs)
  }

  /**
   * A copy of a lower file (overlayfs.rst, origin) that is new in the target was renamed inside, or the original
   * was deleted outside. A change of the directory tells the second may be so. Of a file that was deleted on both
   * sides and made anew inside nothing tells: it is applied. A directory with the very time of the sandbox's was last
   * changed by an apply that did not get to the end.
   */
  #added(path: string, after: Entry): void {
    if (!listXattrs(reach(after.path)).includes('user.overlay.origin')) return
    const slash = path.lastIndexOf('/')
    const directory = entryAt(slash < 0 ? this.#root : `${this.#root}/${path.slice(0, slash)}`, none)
    if (directory?.type !== 'directory' || !this.#isSince(directory.stat.ctimeNs)) return
    const inside = entryAt(after.path.slice(0, after.path.lastIndexOf('/')), none)
    if (inside?.stat.mtimeNs !== directory.stat.mtimeNs) this.#add(`${this.#root}/${path}`, 'its original may have been deleted since')
  }

  #below(directory: string): void {
    const below = (entry: Entry) => (entry.type === 'directory' ? this.#heldBy(entry.path) : [])
    for (const { path, stat } of depthFirst(this.#heldBy(directory), below))
      if (this.#isSince(stat.ctimeNs)) this.#add(path, 'it was changed since, in a directory that would be deleted')
  }

  #heldBy(directory: string): Entry[] {
    try {
      return entriesIn(directory, none)
    } catch (error) {
      this.#add(directory, `what it holds cannot be checked: ${errnoOf(error)}`)
      return []
    }
  }

  #isSince(timeNs: bigint): boolean {
    return isSince(timeNs, this.#startedMs)
  }

  #add(path: string, reason: string): void {
    this.found.push({ path, reason })
  }
}
