// What was written in an overlay whose sandbox may still run: looked at in pieces, and no content is read.

import { readdirSync } from 'node:fs'
import type { EntryType, UpperLayer } from './changed.ts'
import { type Entry, entryAt, type TrueModes } from './entry.ts'
import { errnoOf } from './failure.ts'
import { nameOf, textOf } from './names.ts'
import { type Found, namesIn, type Part, View } from './view.ts'

export interface Write {
  /** Absolute, as in {@link Change}. */
  path: string
  kind: 'added' | 'modified' | 'deleted'
  type: EntryType
  /** Another one says that it was written again. */
  stamp: string
}

/**
 * One item for each entry that was looked at: null where nothing was written. A file counts as written when its size, its
 * mtime, its mode or its owner is another one; a directory that was made, when nothing lies in it. What `isUsual` knows is
 * passed over with all below.
 */
export function* writesOf(layer: UpperLayer, isUsual: (path: string) => boolean): Generator<Write | null, void> {
  const { upper, lowers, target, ignore = [] } = layer
  // Most write nothing.
  if (readdirSync(upper).length === 0) return
  const passed = new Set(ignore)
  const passes = (path: string) => passed.has(path) || isUsual(path)
  const sides = { after: View.of([upper, ...lowers], nothingOpened), before: View.of(lowers, nothingOpened) }
  yield* below(sides, nameOf(target === '/' ? '' : target), passes)
}

/** A sandbox that runs keeps its own modes: what the caller may not look into is told, and nothing below. */
const nothingOpened: TrueModes = new Map()

interface Sides {
  after: View
  before: View
}

function* below({ after, before }: Sides, directory: string, passes: (path: string) => boolean): Generator<Write | null, void> {
  for (const name of writtenNames(after, before)) {
    const path = `${directory}/${name}`
    if (passes(textOf(path))) {
      yield null
      continue
    }
    const [now, then] = [look(after, name), look(before, name)]
    yield written(path, now, then)
    if (now?.entry.type === 'directory') yield* below({ after: now.view, before: then?.view ?? nothing }, path, passes)
  }
}

const nothing = new View([], nothingOpened)

/** The upper's names, and those that an upper directory hides as a whole. */
function writtenNames({ parts: after }: View, { parts: before }: View): string[] {
  const [top] = after
  if (!top || top.isLast) return []
  return names(top.opaqueness === 'y' ? [top, ...before] : [top])
}

function look(view: View, name: string): Found | undefined {
  try {
    return view.find(name)
  } catch (error) {
    if (!isBarred(error)) throw error
    const [top] = view.parts
    const entry = top && entryAt(`${top.path}/${name}`, nothingOpened)
    return entry && { entry, view: nothing }
  }
}

/** The sandbox may take away what is being read, or its permissions. */
function names(parts: readonly Part[]): string[] {
  try {
    return namesIn(parts)
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || isBarred(error)) return []
    throw error
  }
}

function isBarred(error: unknown): boolean {
  return errnoOf(error) === 'EACCES' || errnoOf(error) === 'ERR_NSBOX_DIFF'
}

function written(path: string, now: Found | undefined, then: Found | undefined): Write | null {
  if (!now) return then ? { path: textOf(path), kind: 'deleted', type: then.entry.type, stamp: 'gone' } : null
  const { type, stat } = now.entry
  const write = { path: textOf(path), type, stamp: `${stat.ino}:${stat.ctimeNs}` }
  if (!then) return type === 'directory' && !isEmpty(now.view) ? null : { ...write, kind: 'added' }
  return differs(now.entry, then.entry) ? { ...write, kind: 'modified' } : null
}

/** What nobody may look into counts as empty. */
function isEmpty({ parts: [top] }: View): boolean {
  return top === undefined || names([top]).length === 0
}

/** A directory is copied up for what is written in it; its times tell nothing. */
function differs(now: Entry, then: Entry): boolean {
  if (now.type !== then.type || now.mode !== then.mode || now.stat.uid !== then.stat.uid || now.stat.gid !== then.stat.gid) return true
  return now.type !== 'directory' && (now.size !== then.size || now.stat.mtimeNs !== then.stat.mtimeNs)
}
