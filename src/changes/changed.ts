// What the other rooms hand in, and what they get: a layer, and what changed in it.

import type { IdMaps } from '../plan/plan.ts'
import type { DirectoryInodes } from './directories.ts'

/** One overlay of a sandbox, as the host reaches it. */
export interface UpperLayer {
  /** Directory that the overlay was mounted on: absolute. */
  target: string
  /** What the sandbox wrote. The sandbox has ended. */
  upper: string
  /** Read in order, the top one first. The last is the target's real directory; others are uppers that were kept. */
  lowers: string[]
  /** Absolute paths, mount points that nsbox made itself, to leave out with all below. */
  ignore?: string[]
  /** Ids of the sandbox and of the host. Without it they are the same. */
  ids?: IdMaps
  /** Device and inode that the target had before the sandbox started. */
  inode?: string
  /** Which directories the target had then. */
  directories?: DirectoryInodes
}

export type EntryType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device'

/**
 * In what a modified entry differs. `time` is when its content was changed, told where the content is the same; that of a
 * directory follows what changed in it, and is not told.
 */
export type Aspect = 'type' | 'content' | 'mode' | 'owner' | 'attributes' | 'time'

export interface EntryFacts {
  type: EntryType
  /** In bytes; null for what is not a file. */
  size: number | null
  /** Permission bits, with those for setuid, setgid and sticky. */
  mode: number
  /** Of a directory that is gone as a whole: how many entries were below it. Missing where it could not be read. */
  entries?: number
}

/** Of a deleted entry, the facts are those it had. */
export interface Change extends EntryFacts {
  /** Absolute. A byte that is not UTF-8 is a lone surrogate, U+DC00 + byte, as Python's os.fsdecode() has it. */
  path: string
  kind: 'added' | 'modified' | 'deleted'
  /** Of a modified entry. */
  changed?: Aspect[]
  /** What a modified or deleted entry was. */
  previous?: EntryFacts
  /** A directory that was not looked into: paths below it have more than 16,384 bytes. */
  tooDeep?: true
}
