// What was written in an overlay whose sandbox may still run: looked at in pieces, and no content is read.

import { readdirSync } from 'node:fs'
import type { EntryType, UpperLayer } from './changed.ts'
import { deepest, depthFirst } from './depth-first.ts'
import { type Entry, entryAt, type TrueModes } from './entry.ts'
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
  const root = nameOf(target === '/' ? '' : target)
  const below = ({ path, after, before }: Node) =>
    after?.entry.type === 'directory' && path.length - root.length <= deepest
      ? nodesIn({ after: after.view, before: before?.view ?? nothing }, path, passes)
      : []
  for (const node of depthFirst(nodesIn(sides, root, passes), below)) yield written(node, node.path.length - root.length > deepest)
}

/** A sandbox that runs keeps its own modes: what the caller may not look into is told, and nothing below. */
const nothingOpened: TrueModes = new Map()

interface Sides {
  after: View
  before: View
}

interface Node {
  path: string
  /** Neither side of what is passed over. */
  after?: Found | undefined
  before?: Found | undefined
}

function* nodesIn(sides: Sides, directory: string, passes: (path: string) => boolean): Generator<Node> {
  for (const name of writtenNames(sides.after, sides.before)) {
    const path = `${directory}/${name}`
    yield passes(textOf(path)) ? { path } : { path, after: look(sides.after, name), before: look(sides.before, name) }
  }
}

const nothing = new View([], nothingOpened)

/** The upper's names, and those that an upper directory hides as a whole. */
function writtenNames({ parts: after }: View, { parts: before }: View): string[] {
  const [top] = after
  if (!top || top.isLast) return []
  return names(top.opaqueness === 'y' ? [top, ...before] : [top])
}

/** Of what cannot be looked into there is the entry alone. */
function look(view: View, name: string): Found | undefined {
  try {
    return view.find(name)
  } catch {
    const [top] = view.parts
    const entry = top && entryIfThere(`${top.path}/${name}`)
    return entry && { entry, view: nothing }
  }
}

function entryIfThere(path: string): Entry | undefined {
  try {
    return entryAt(path, nothingOpened)
  } catch {
    return undefined
  }
}

/** The sandbox may take away what is being read, or its permissions, or put another thing in its place. */
function names(parts: readonly Part[]): string[] {
  try {
    return namesIn(parts)
  } catch {
    return []
  }
}

/** A directory that lies too deep to be looked into is told of itself. */
function written({ path, after: now, before: then }: Node, isTooDeep: boolean): Write | null {
  if (!now) return then ? { path: textOf(path), kind: 'deleted', type: then.entry.type, stamp: 'gone' } : null
  const { type, stat } = now.entry
  const write = { path: textOf(path), type, stamp: `${stat.ino}:${stat.ctimeNs}` }
  const isLast = type !== 'directory' || isTooDeep
  if (!then) return isLast || isEmpty(now.view) ? { ...write, kind: 'added' } : null
  return differs(now.entry, then.entry) || (isTooDeep && type === 'directory') ? { ...write, kind: 'modified' } : null
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
