// One entry of a file system, and the marks that an overlay puts on it (overlayfs.rst).

import { type BigIntStats, lstatSync, readdirSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { getXattr, listXattrs } from '../sys/xattr.ts'
import type { EntryFacts, EntryType } from './changed.ts'
import { changesError, errnoOf } from './failure.ts'
import { textOf } from './names.ts'

export interface Entry {
  path: string
  type: EntryType
  mode: number
  size: number
  stat: BigIntStats
}

/** The real modes of what has to be made readable for a while, by inode. */
export type TrueModes = ReadonlyMap<string, number>

/** Undefined when there is none. */
export function entryAt(path: string, modes: TrueModes): Entry | undefined {
  const stat = lstatAt(path)
  return stat && entryOf(path, stat, modes)
}

export function entryOf(path: string, stat: BigIntStats, modes: TrueModes): Entry {
  const mode = modes.get(inodeOf(stat)) ?? Number(stat.mode) & 0o7777
  return { path, type: typeOf(stat), mode, size: Number(stat.size), stat }
}

/** What a directory holds, by name. */
export function entriesIn(directory: string, modes: TrueModes): Entry[] {
  const names = readdirSync(reach(directory), 'latin1').sort()
  return names.flatMap((name) => entryAt(`${directory}/${name}`, modes) ?? [])
}

/** The last part of its path. */
export function baseName({ path }: Entry): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function lstatAt(path: string): BigIntStats | undefined {
  try {
    return lstatSync(reach(path), { bigint: true })
  } catch (error) {
    const errno = errnoOf(error)
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined
    throw errno === 'EACCES' ? unreadable(path) : error
  }
}

/** What the caller may not look into cannot be compared. Nothing of the host's is opened up for it. */
export function unreadable(path: string): Error {
  const shown = textOf(path).replaceAll('/./', '/')
  return changesError('ERR_NSBOX_DIFF', `${shown} cannot be read: permission denied`, 'Allow it with `chmod u+rx` on its directory.')
}

export function inodeOf(stat: BigIntStats): string {
  return `${stat.dev}:${stat.ino}`
}

function typeOf(stat: BigIntStats): EntryType {
  if (stat.isFile()) return 'file'
  if (stat.isDirectory()) return 'directory'
  if (stat.isSymbolicLink()) return 'symlink'
  if (stat.isFIFO()) return 'fifo'
  return stat.isSocket() ? 'socket' : 'device'
}

export function factsOf({ type, size, mode }: Entry): EntryFacts {
  return { type, size: type === 'file' ? size : null, mode }
}

export const opaqueMark = 'user.overlay.opaque'
const whiteoutMark = 'user.overlay.whiteout'

/** `y`: nothing of the layers below shows. `x`: files in it may be whiteouts by attribute (Linux 6.7). */
export function opaqueness(directory: string): string {
  return getXattr(reach(directory), opaqueMark)?.toString('latin1') ?? ''
}

export function isWhiteout(entry: Entry, opaquenessOfDirectory: string): boolean {
  if (entry.type === 'device') return entry.stat.isCharacterDevice() && entry.stat.rdev === 0n
  if (opaquenessOfDirectory !== 'x' || entry.type !== 'file' || entry.size !== 0) return false
  return listXattrs(reach(entry.path)).includes(whiteoutMark)
}
