// Carries out differences in order, parents first; what directories get is set once all below is done.

import { chmodSync, closeSync, constants, linkSync, mkdirSync, openSync, statSync } from 'node:fs'
import { setTimes } from '../sys/file-nodes.ts'
import { reach } from '../sys/long-path.ts'
import { addAttributes, visibleAttributes } from './attributes.ts'
import type { UpperLayer } from './changed.ts'
import { isSince } from './conflicts.ts'
import { copyEntry, finish, type Refusals } from './copy-entry.ts'
import { tooDeep } from './depth-first.ts'
import { type Difference, rootMark } from './differences.ts'
import { type Entry, inodeOf } from './entry.ts'
import { O_PATH, OpenDirectories, type OpenDirectory } from './open-directories.ts'
import { expectAsPlanned, remove, replace } from './replace.ts'
import type { Steps } from './steps.ts'

export interface MergeFailure {
  difference: Difference
  error: unknown
}

export class Merge {
  readonly applied: Set<Difference> = new Set()
  readonly failures: MergeFailure[] = []
  /** Applied, but without what the error names. */
  readonly incomplete: MergeFailure[] = []
  readonly #layer: UpperLayer
  readonly #startedMs: number
  readonly #directories: OpenDirectories
  /** Where a file of the upper with several links is in the target, by its inode in the upper. */
  readonly #placed = new Map<string, string>()

  constructor(layer: UpperLayer, startedMs: number) {
    this.#layer = layer
    this.#startedMs = startedMs
    this.#directories = new OpenDirectories(layer)
  }

  /** Goes on after a failure. Nothing is deleted after one: it may be all that there is of what could not be written elsewhere. */
  *run(differences: readonly Difference[]): Steps<void> {
    for (const { kind, path, after, before } of differences)
      if (kind === 'unchanged' && after && hasLinks(after) && before?.stat.nlink === 1n) this.#placed.set(inodeOf(after.stat), path)
    const top: Difference = { path: '', kind: 'unchanged', changed: [] }
    this.#attempt(top, () => this.#makeWritable(this.#directories.top, top))
    try {
      for (const difference of differences) {
        yield
        if (!this.#isBarred(difference)) this.#attempt(difference, () => this.#carryOut(difference))
      }
    } finally {
      this.#directories.close()
    }
  }

  /** True below a directory that could not be made. */
  #isBarred({ path }: Difference): boolean {
    const { after, before, path: above } = this.failures.at(-1)?.difference ?? {}
    return after?.type === 'directory' && before?.type !== 'directory' && path.startsWith(`${above}/`)
  }

  #attempt(difference: Difference, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.failures.push({ difference, error })
    }
  }

  #carryOut(difference: Difference): void {
    const { kind, path, after, before } = difference
    if (after?.type === 'directory') return kind === 'unchanged' ? this.#time(difference, after) : this.#directory(difference, after)
    if (kind === 'unchanged') return
    if (!after && this.failures.length > 0) throw new Error('not deleted, because not everything could be written')
    const [parent, name] = splitPath(path)
    const directory = this.#enter(parent, difference)
    if (!after) remove(directory.path, name, before as Entry)
    else if (!before || !this.#changeInPlace(`${directory.path}/${name}`, difference, after, before))
      replace(directory.path, name, before, (temporary) => this.#make(difference, after, temporary))
    if (after && hasLinks(after)) this.#placed.set(inodeOf(after.stat), path)
    this.applied.add(difference)
  }

  #enter(path: string, difference: Difference): OpenDirectory {
    return this.#directories.at(path, (directory) => this.#makeWritable(directory, difference))
  }

  /** The owner may have left himself no right to write, and have changed files there all the same before that. */
  #makeWritable(directory: OpenDirectory, difference: Difference): void {
    const { mode, uid } = statSync(reach(directory.path))
    if (process.geteuid?.() !== uid || uid === 0 || (mode & 0o700) === 0o700) return
    chmodSync(reach(directory.path), (mode & 0o7777) | 0o700)
    directory.leave = () => this.#attempt(difference, () => chmodSync(reach(directory.path), mode & 0o7777))
  }

  /** Of a directory that is otherwise the same, unless something in it was changed on the host too. */
  #time(difference: Difference, after: Entry): void {
    const { path, before } = difference
    if (!before || before.stat.mtimeNs === after.stat.mtimeNs || isSince(before.stat.ctimeNs, this.#startedMs)) return
    const directory = this.#enter(path, difference)
    const { leave } = directory
    directory.leave = () => {
      this.#attempt(difference, () => setTimes(reach(`${directory.path}/.`), after.stat.atimeNs, after.stat.mtimeNs))
      leave?.()
    }
  }

  #directory(difference: Difference, after: Entry): void {
    const { path, before } = difference
    if (before?.type !== 'directory') {
      const [parent, name] = splitPath(path)
      const directory = this.#enter(parent, difference)
      // mkdir(2) never takes the place of anything, so it needs no temporary name.
      if (!before) mkdirSync(reach(`${directory.path}/${name}`), 0o700)
      else replace(directory.path, name, before, (temporary) => mkdirSync(reach(temporary), 0o700))
    }
    const directory = this.#enter(path, difference)
    directory.leave = () =>
      this.#attempt(difference, () => {
        if (path === '') finishRoot(after, directory)
        else finish(after, `${directory.path}/.`, visibleAttributes(after.path), this.#refusals(difference))
        this.applied.add(difference)
      })
    if (difference.isTooDeep) throw new Error(tooDeep)
  }

  /**
   * Its mode or its time alone. False where that will not do: when the other names of a file would change with it, or when it
   * becomes another name of a file.
   */
  #changeInPlace(path: string, { changed }: Difference, after: Entry, before: Entry): boolean {
    const [aspect, another] = changed
    if (another || before.stat.nlink !== 1n || this.#placed.has(inodeOf(after.stat))) return false
    if (aspect === 'time') changeTime(path, after, before)
    else if (aspect === 'mode' && after.type === 'file') changeMode(path, after, before)
    else return false
    return true
  }

  #refusals(difference: Difference): Refusals {
    return { owner: (error) => this.incomplete.push({ difference, error }) }
  }

  #make(difference: Difference, after: Entry, temporary: string): void {
    const placed = hasLinks(after) ? this.#placed.get(inodeOf(after.stat)) : undefined
    if (placed !== undefined && this.#link(placed, temporary)) return
    copyEntry(after, temporary, visibleAttributes(after.path), this.#refusals(difference))
  }

  /** False where there cannot be a link, such as from another file system: a copy will do. */
  #link(from: string, to: string): boolean {
    const directories = new OpenDirectories(this.#layer)
    try {
      const [parent, name] = splitPath(from)
      linkSync(reach(`${directories.at(parent, () => undefined).path}/${name}`), reach(to))
      return true
    } catch {
      return false
    } finally {
      directories.close()
    }
  }
}

function hasLinks({ type, stat }: Entry): boolean {
  return type !== 'directory' && stat.nlink > 1n
}

function splitPath(path: string): [parent: string, name: string] {
  const slash = path.lastIndexOf('/')
  return [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)]
}

/** The upper's own root has neither owner nor attributes of the target: see differences.ts. */
function finishRoot(after: Entry, { path }: OpenDirectory): void {
  addAttributes(`${path}/.`, new Map([...visibleAttributes(after.path)].filter(([name]) => name !== rootMark)))
  chmodSync(reach(path), after.mode)
}

function changeTime(path: string, after: Entry, before: Entry): void {
  expectAsPlanned(path, before)
  setTimes(reach(path), after.stat.atimeNs, after.stat.mtimeNs)
}

/** chmod(2) follows links; a handle that does not is changed through its name below /proc. */
function changeMode(path: string, after: Entry, before: Entry): void {
  expectAsPlanned(path, before)
  const fd = openSync(reach(path), O_PATH | constants.O_NOFOLLOW)
  try {
    if (statSync(`/proc/self/fd/${fd}`).isFile()) chmodSync(`/proc/self/fd/${fd}`, after.mode)
  } finally {
    closeSync(fd)
  }
}
