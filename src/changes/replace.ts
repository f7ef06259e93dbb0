// Puts one entry of a directory in the place of another: a reader finds the old one or the new one.

import { randomUUID } from 'node:crypto'
import { renameSync, unlinkSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { removeTree } from '../sys/remove-tree.ts'
import { type Entry, entryAt, inodeOf } from './entry.ts'
import { errnoOf } from './failure.ts'

/** A name of nobody else's, beside the entry that it is for. */
function temporaryIn(directory: string): string {
  return `${directory}/.nsbox-${randomUUID()}`
}

/** `make` makes the new entry under a temporary name. Whatever fails, that name is gone again and the old entry there. */
export function replace(directory: string, name: string, before: Entry | undefined, make: (temporary: string) => void): void {
  const temporary = temporaryIn(directory)
  const final = `${directory}/${name}`
  try {
    make(temporary)
    expectAsPlanned(final, before)
    if (before?.type === 'directory') replaceDirectory(temporary, final, directory)
    else if (before && entryAt(temporary, new Map())?.type === 'directory') replaceDirectory(temporary, final, directory)
    else renameSync(reach(temporary), reach(final))
  } catch (error) {
    removeTree(reach(temporary))
    throw error
  }
}

/** rename(2) puts a directory only over an empty one, and nothing else over a directory. */
function replaceDirectory(temporary: string, final: string, directory: string): void {
  const aside = setAside(final, directory)
  if (aside === undefined) removeTree(reach(final))
  try {
    renameSync(reach(temporary), reach(final))
  } catch (error) {
    if (aside !== undefined) renameSync(reach(aside), reach(final))
    throw error
  }
  if (aside !== undefined) removeTree(reach(aside))
}

export function remove(directory: string, name: string, before: Entry): void {
  const final = `${directory}/${name}`
  expectAsPlanned(final, before)
  if (before.type !== 'directory') return unlinkSync(reach(final))
  const aside = setAside(final, directory)
  if (aside === undefined) return removeTree(reach(final))
  try {
    removeTree(reach(aside))
  } catch (error) {
    // What is left of it gets its name back.
    renameSync(reach(aside), reach(final))
    throw error
  }
}

/** Undefined where an overlay refuses to rename a directory of its lower (EXDEV, overlayfs.rst). */
function setAside(final: string, directory: string): string | undefined {
  const aside = temporaryIn(directory)
  try {
    renameSync(reach(final), reach(aside))
    return aside
  } catch (error) {
    if (errnoOf(error) === 'EXDEV') return undefined
    throw error
  }
}

/** The last look before it is replaced. Of a file with several links, the time of change tells of those too. */
export function expectAsPlanned(path: string, before: Entry | undefined): void {
  const now = entryAt(path, new Map())
  if (before === undefined ? now === undefined : now !== undefined && isSame(now, before)) return
  throw new Error(`${path.slice(path.lastIndexOf('/') + 1)} was changed while changes were being applied`)
}

export function isSame({ stat: a }: Entry, { stat: b }: Entry): boolean {
  if (inodeOf(a) !== inodeOf(b)) return false
  return b.nlink > 1n && !b.isDirectory() ? a.mtimeNs === b.mtimeNs && a.size === b.size : a.ctimeNs === b.ctimeNs
}
