// Carries out differences in order, parents first; what directories get is set once all below is done.

import { chmodSync, closeSync, constants, linkSync, mkdirSync, openSync, statSync } from 'node:fs'
import { addAttributes, visibleAttributes } from './attributes.ts'
import { copyEntry, finish } from './copy-entry.ts'
import { type Difference, rootMark } from './differences.ts'
import { type Entry, inodeOf } from './entry.ts'
import { bytes } from './names.ts'
import { O_PATH, OpenDirectories, type OpenDirectory } from './open-directories.ts'
import { expectAsPlanned, remove, replace } from './replace.ts'

/** The path is that of the difference at hand, relative to the target. */
export interface MergeFailure {
  path: string
  error: unknown
}

export class Merge {
  readonly applied: Set<Difference> = new Set()
  readonly #target: string
  readonly #directories: OpenDirectories
  /** Where a file of the upper with several links is in the target, by its inode in the upper. */
  readonly #placed = new Map<string, string>()

  constructor(target: string) {
    this.#target = target
    this.#directories = new OpenDirectories(target)
  }

  /** Undefined, or what ended it early: the first failure. */
  run(differences: readonly Difference[]): MergeFailure | undefined {
    const failures: MergeFailure[] = []
    let current: Difference | undefined
    try {
      for (const { kind, path, after, before } of differences)
        if (kind === 'unchanged' && after && hasLinks(after) && before?.stat.nlink === 1n) this.#placed.set(inodeOf(after.stat), path)
      makeWritable(this.#directories.top)
      for (current of differences) if (current.kind !== 'unchanged') this.#carryOut(current)
    } catch (error) {
      failures.push({ path: current?.path ?? '', error })
    }
    try {
      this.#directories.close()
    } catch (error) {
      failures.push({ path: current?.path ?? '', error })
    }
    return failures[0]
  }

  #carryOut(difference: Difference): void {
    const { path, after, before, changed } = difference
    if (after?.type === 'directory') return this.#directory(difference, after)
    const [parent, name] = splitPath(path)
    const directory = this.#directories.at(parent, makeWritable)
    if (!after) remove(directory.path, name, before as Entry)
    else if (changed.length === 1 && changed[0] === 'mode' && this.#mayChangeInPlace(after, before)) {
      changeMode(`${directory.path}/${name}`, after, before as Entry)
    } else replace(directory.path, name, before, (temporary) => this.#make(after, temporary))
    if (after && hasLinks(after)) this.#placed.set(inodeOf(after.stat), path)
    this.applied.add(difference)
  }

  #directory(difference: Difference, after: Entry): void {
    const { path, before } = difference
    if (before?.type !== 'directory') {
      const [parent, name] = splitPath(path)
      const directory = this.#directories.at(parent, makeWritable)
      // mkdir(2) never takes the place of anything, so it needs no temporary name.
      if (!before) mkdirSync(bytes(`${directory.path}/${name}`), 0o700)
      else replace(directory.path, name, before, (temporary) => mkdirSync(bytes(temporary), 0o700))
    }
    const directory = this.#directories.at(path, makeWritable)
    directory.leave = () => {
      if (path === '') finishRoot(after, directory)
      else finish(after, `${directory.path}/.`, visibleAttributes(after.path))
      this.applied.add(difference)
    }
  }

  /** Not when the other names of a file would change with it, or when it becomes another name of a file. */
  #mayChangeInPlace(after: Entry, before: Entry | undefined): boolean {
    return after.type === 'file' && before?.stat.nlink === 1n && !this.#placed.has(inodeOf(after.stat))
  }

  #make(after: Entry, temporary: string): void {
    const placed = hasLinks(after) ? this.#placed.get(inodeOf(after.stat)) : undefined
    if (placed !== undefined && this.#link(placed, temporary)) return
    copyEntry(after, temporary, visibleAttributes(after.path))
  }

  /** False where there cannot be a link, such as from another file system: a copy will do. */
  #link(from: string, to: string): boolean {
    const directories = new OpenDirectories(this.#target)
    try {
      const [parent, name] = splitPath(from)
      linkSync(bytes(`${directories.at(parent, () => undefined).path}/${name}`), bytes(to))
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

/** The owner may have left himself no right to write, and have changed files there all the same before that. */
function makeWritable(directory: OpenDirectory): void {
  const { mode, uid } = statSync(bytes(directory.path))
  if (process.geteuid?.() !== uid || uid === 0 || (mode & 0o700) === 0o700) return
  chmodSync(bytes(directory.path), (mode & 0o7777) | 0o700)
  directory.leave = () => chmodSync(bytes(directory.path), mode & 0o7777)
}

/** The upper's own root has neither owner nor attributes of the target: see differences.ts. */
function finishRoot(after: Entry, { path }: OpenDirectory): void {
  addAttributes(`${path}/.`, new Map([...visibleAttributes(after.path)].filter(([name]) => name !== rootMark)))
  chmodSync(bytes(path), after.mode)
}

/** chmod(2) follows links; a handle that does not is changed through its name below /proc. */
function changeMode(path: string, after: Entry, before: Entry): void {
  expectAsPlanned(path, before)
  const fd = openSync(bytes(path), O_PATH | constants.O_NOFOLLOW)
  try {
    if (statSync(`/proc/self/fd/${fd}`).isFile()) chmodSync(`/proc/self/fd/${fd}`, after.mode)
  } finally {
    closeSync(fd)
  }
}
