// Copies an upper directory so that it is a valid layer of an overlay again.

import { linkSync, readdirSync, statSync } from 'node:fs'
import { makeWhiteout } from '../sys/file-nodes.ts'
import { ownAttributes } from './attributes.ts'
import { copyEntry, finish } from './copy-entry.ts'
import { rootMark } from './differences.ts'
import { type Entry, entryAt, inodeOf, isWhiteout, opaqueMark, opaqueness, type TrueModes } from './entry.ts'
import { bytes, nameOf, rootOf } from './names.ts'

/** Sockets and devices are left out, and so is what `ignore` names below `target`. */
export class UpperCopy {
  readonly skipped: string[] = []
  readonly #modes: TrueModes
  readonly #ignored: ReadonlySet<string>
  readonly #linked = new Map<string, string>()
  readonly #unfinished: (() => void)[] = []

  constructor(modes: TrueModes, ignored: ReadonlySet<string>) {
    this.#modes = modes
    this.#ignored = ignored
  }

  /** `path` is relative to the target, for what is ignored and skipped. `to` is new. */
  copy(from: Entry, to: string, path = ''): void {
    if (hasLinks(from) && this.#link(from, to)) return
    const attributes = new Map(ownAttributes(from.path))
    copyEntry(from, to, attributes)
    if (from.type !== 'directory') return
    const mark = opaqueness(from.path)
    for (const name of readdirSync(bytes(from.path), 'latin1').sort()) {
      const below = path === '' ? name : `${path}/${name}`
      if (!this.#ignored.has(below)) this.#below(`${from.path}/${name}`, `${to}/${name}`, below, mark)
    }
    if (path === '') attributes.delete(rootMark)
    // Whiteouts by attribute become devices, so only a directory that hides all keeps its mark.
    if (mark === 'y') attributes.set(opaqueMark, Buffer.from('y'))
    this.#unfinished.push(() => finish(from, to, attributes))
  }

  /** Directories get their modes last, the inner ones first: a closed one could take no more links. */
  finish(): void {
    for (const finishOne of this.#unfinished) finishOne()
  }

  #below(from: string, to: string, path: string, mark: string): void {
    const entry = entryAt(from, this.#modes)
    if (!entry) return
    if (isWhiteout(entry, mark)) makeWhiteout(bytes(to))
    else if (entry.type === 'socket' || entry.type === 'device') this.skipped.push(path)
    else this.copy(entry, to, path)
  }

  #link(from: Entry, to: string): boolean {
    const first = this.#linked.get(inodeOf(from.stat))
    if (first === undefined) this.#linked.set(inodeOf(from.stat), to)
    else linkSync(bytes(first), bytes(to))
    return first !== undefined
  }
}

function hasLinks({ type, stat }: Entry): boolean {
  return type !== 'directory' && stat.nlink > 1n
}

/** The root of an upper, which may be reached through a link such as /proc/self/fd/3. */
export function upperRoot(upper: string, modes: TrueModes): Entry {
  statSync(bytes(rootOf(upper)))
  return entryAt(rootOf(upper), modes) as Entry
}

/** What to leave out, relative to the target. */
export function ignoredBelow(target: string, ignore: readonly string[] = []): ReadonlySet<string> {
  const prefix = target === '/' ? '/' : `${nameOf(target)}/`
  return new Set(ignore.map(nameOf).flatMap((path) => (path.startsWith(prefix) ? [path.slice(prefix.length)] : [])))
}
