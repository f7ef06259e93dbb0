// A directory as an overlay merges it: lookups go through its layers, whiteouts and opaque marks hide what is below.

import { readdirSync, statSync } from 'node:fs'
import { reach } from '../sys/long-path.ts'
import { deepest, depthFirst } from './depth-first.ts'
import { type Entry, entryAt, isWhiteout, opaqueness, type TrueModes, unreadable } from './entry.ts'
import { errnoOf } from './failure.ts'
import { rootOf } from './names.ts'

/** One layer's share of a merged directory. */
export interface Part {
  path: string
  opaqueness: string
  /** Of the last layer: its marks hide nothing, and it need not be readable for a lookup. */
  isLast: boolean
}

export interface Found {
  entry: Entry
  /** What a directory holds; without parts for everything else. */
  view: View
}

export class View {
  /** The top one first. */
  readonly parts: readonly Part[]
  readonly #modes: TrueModes

  constructor(parts: readonly Part[], modes: TrueModes) {
    this.parts = parts
    this.#modes = modes
  }

  static of(directories: readonly string[], modes: TrueModes): View {
    for (const directory of directories) statSync(reach(rootOf(directory)))
    const parts = directories.map((directory, index) => partAt(rootOf(directory), index === directories.length - 1))
    const last = parts.findIndex((part) => part.opaqueness === 'y')
    return new View(last < 0 ? parts : parts.slice(0, last + 1), modes)
  }

  find(name: string): Found | undefined {
    const parts: Part[] = []
    let top: Entry | undefined
    for (const part of this.parts) {
      const entry = entryAt(`${part.path}/${name}`, this.#modes)
      if (!entry) continue
      if (isWhiteout(entry, part.opaqueness)) break
      if (entry.type !== 'directory') {
        top ??= entry
        break
      }
      top ??= entry
      const below = partAt(entry.path, part.isLast)
      parts.push(below)
      if (below.opaqueness === 'y') break
    }
    return top && { entry: top, view: new View(parts, this.#modes) }
  }

  /** What it holds, by name. */
  all(): Found[] {
    return namesIn(this.parts).flatMap((name) => this.find(name) ?? [])
  }

  /** How many entries there are below. Undefined where the caller may not look, and where it is too deep. */
  count(): number | undefined {
    const root = this.parts[0]?.path.length ?? 0
    let count = 0
    try {
      for (const { entry } of depthFirst(this.all(), ({ view }) => view.all())) {
        if (entry.path.length - root > deepest) return undefined
        count++
      }
      return count
    } catch {
      return undefined
    }
  }
}

function partAt(path: string, isLast: boolean): Part {
  return { path, opaqueness: isLast ? '' : opaqueness(path), isLast }
}

/** Every name in any of the parts, in order. Some may be hidden, or whiteouts. */
export function namesIn(parts: readonly Part[]): string[] {
  return [...new Set(parts.flatMap(({ path }) => list(path)))].sort()
}

function list(path: string): string[] {
  try {
    return readdirSync(reach(path), 'latin1')
  } catch (error) {
    throw errnoOf(error) === 'EACCES' ? unreadable(path) : error
  }
}
