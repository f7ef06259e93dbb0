// Copies an upper directory so that it is a valid layer of an overlay again.

import { linkSync, statSync } from 'node:fs'
import { makeWhiteout } from '../sys/file-nodes.ts'
import { reach } from '../sys/long-path.ts'
import { removeTree } from '../sys/remove-tree.ts'
import { ownAttributes } from './attributes.ts'
import { copyEntry, finish, type Refusals } from './copy-entry.ts'
import { deepest, depthFirst, tooDeep } from './depth-first.ts'
import { rootMark } from './differences.ts'
import { baseName, type Entry, entriesIn, entryAt, inodeOf, isWhiteout, opaqueMark, opaqueness, type TrueModes } from './entry.ts'
import { type Missing, reasonOf } from './failure.ts'
import { nameOf, rootOf } from './names.ts'

/** An entry to copy. `path` is relative to the target. */
interface Node {
  from: Entry
  to: string
  path: string
  /** The mark of the directory that it lies in. */
  mark: string
}

/** Sockets and devices are left out, and so is what `ignore` names below `target`. What cannot be copied does not hold up the rest. */
export class UpperCopy {
  readonly skipped: string[] = []
  readonly missing: Missing[] = []
  readonly #modes: TrueModes
  readonly #ignored: ReadonlySet<string>
  readonly #linked = new Map<string, string>()
  /** Directories that were made. */
  readonly #made = new Set<Node>()

  constructor(modes: TrueModes, ignored: ReadonlySet<string>) {
    this.#modes = modes
    this.#ignored = ignored
  }

  /** `to` is new. @throws when it cannot be made */
  copy(from: Entry, to: string): void {
    const top: Node = { from, to, path: '', mark: '' }
    const ended: Node[] = []
    const left = (node: Node) => void (this.#made.has(node) && ended.push(node))
    for (const node of depthFirst([top], (node) => this.#below(node), left)) this.#attempt(node, () => this.#make(node))
    if (!this.#made.has(top)) throw this.#first
    // Directories get their modes last, the inner ones first: a closed one could take no more links.
    for (const node of ended) this.#attempt(node, () => this.#finish(node))
  }

  /** Why the first was not copied. */
  #first: unknown

  #attempt(node: Node, act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#fail(node, error)
    }
  }

  #fail(node: Node, error: unknown): void {
    this.#first ??= error
    this.#miss(node, error)
  }

  #miss({ path }: Node, error: unknown): void {
    this.missing.push({ path, reason: reasonOf(error) })
  }

  #refusals(node: Node): Refusals {
    const miss = (error: Error) => this.#miss(node, error)
    return { owner: miss, attribute: miss }
  }

  #make(node: Node): void {
    const { from, to, path, mark } = node
    if (isWhiteout(from, mark)) return makeWhiteout(reach(to))
    if (from.type === 'socket' || from.type === 'device') return void this.skipped.push(path)
    if (hasLinks(from) && this.#link(from, to)) return
    try {
      copyEntry(from, to, ownAttributes(from.path), this.#refusals(node))
    } catch (error) {
      removeTree(reach(to))
      throw error
    }
    if (from.type === 'directory') this.#made.add(node)
    else if (hasLinks(from)) this.#linked.set(inodeOf(from.stat), to)
  }

  #below(node: Node): Node[] {
    if (!this.#made.has(node)) return []
    try {
      return this.#nodesIn(node)
    } catch (error) {
      // Named once: it is not finished either.
      this.#made.delete(node)
      this.#fail(node, error)
      return []
    }
  }

  #nodesIn({ from, to, path }: Node): Node[] {
    if (path.length > deepest) throw new Error(tooDeep)
    const prefix = path === '' ? '' : `${path}/`
    const mark = opaqueness(from.path)
    const nodes = entriesIn(from.path, this.#modes).map((entry) => {
      const name = baseName(entry)
      return { from: entry, to: `${to}/${name}`, path: prefix + name, mark }
    })
    return nodes.filter((one) => !this.#ignored.has(one.path))
  }

  #finish(node: Node): void {
    const { from, to, path } = node
    const attributes = new Map(ownAttributes(from.path))
    if (path === '') attributes.delete(rootMark)
    // Whiteouts by attribute become devices, so only a directory that hides all keeps its mark.
    if (opaqueness(from.path) === 'y') attributes.set(opaqueMark, Buffer.from('y'))
    finish(from, to, attributes, this.#refusals(node))
  }

  /** False for the first of its names, and where there cannot be one more: a copy will do. */
  #link(from: Entry, to: string): boolean {
    const first = this.#linked.get(inodeOf(from.stat))
    if (first === undefined) return false
    try {
      linkSync(reach(first), reach(to))
      return true
    } catch {
      return false
    }
  }
}

function hasLinks({ type, stat }: Entry): boolean {
  return type !== 'directory' && stat.nlink > 1n
}

/** The root of an upper, which may be reached through a link such as /proc/self/fd/3. */
export function upperRoot(upper: string, modes: TrueModes): Entry {
  statSync(reach(rootOf(upper)))
  return entryAt(rootOf(upper), modes) as Entry
}

/** What to leave out, relative to the target. */
export function ignoredBelow(target: string, ignore: readonly string[] = []): ReadonlySet<string> {
  const prefix = target === '/' ? '/' : `${nameOf(target)}/`
  return new Set(ignore.map(nameOf).flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])))
}
