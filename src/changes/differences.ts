// Walks two views of a directory at once and tells where they differ.

import { hasAttributes, visibleAttributes } from './attributes.ts'
import type { Aspect } from './changed.ts'
import { differingAspects } from './compare.ts'
import { deepest, depthFirst } from './depth-first.ts'
import { type Entry, entryAt, type TrueModes } from './entry.ts'
import { nameOf } from './names.ts'
import type { Steps } from './steps.ts'
import { type Found, namesIn, type Part, View } from './view.ts'

/** Parents come before what they hold. */
export interface Difference {
  /** Relative to the target; empty for the target itself. A byte string. */
  path: string
  /** `unchanged`: both have it, and the upper is more than a mere look at the lower. */
  kind: 'added' | 'modified' | 'deleted' | 'unchanged'
  changed: Aspect[]
  after?: Entry
  before?: Entry
  /** What was below a directory that is no directory any more. */
  gone?: View
  /** A directory that was not looked into. */
  isTooDeep?: true
}

interface Sides {
  after: View
  before: View
}

export function* differencesBetween(sides: Sides, target: string, ignore: readonly string[], modes: TrueModes): Steps<Difference[]> {
  const walk = new Walk(nameOf(target), new Set(ignore.map(nameOf)), modes)
  yield* walk.top(sides)
  return walk.found
}

class Walk {
  readonly found: Difference[] = []
  readonly #target: string
  readonly #ignore: ReadonlySet<string>
  readonly #modes: TrueModes
  readonly #nothing: View

  constructor(target: string, ignore: ReadonlySet<string>, modes: TrueModes) {
    this.#target = target === '/' ? '' : target
    this.#ignore = ignore
    this.#modes = modes
    this.#nothing = new View([], modes)
  }

  /**
   * The upper's own root is made by nsbox: it has the lower's mode, but neither its owner nor its
   * attributes, and one mark of nsbox's.
   */
  *top(sides: Sides): Steps<void> {
    const [after, before] = [sides.after, sides.before].map((view) => entryAt((view.parts[0] as Part).path, this.#modes)) as [Entry, Entry]
    const changed: Aspect[] = []
    if (after.mode !== before.mode) changed.push('mode')
    const attributes = new Map([...visibleAttributes(after.path)].filter(([name]) => name !== rootMark))
    if (!hasAttributes(visibleAttributes(before.path), attributes)) changed.push('attributes')
    if (changed.length > 0) this.found.push({ path: '', kind: 'modified', changed, after, before })
    const below = (node: Node) => (node.path.length > deepest ? [] : this.#below(node))
    for (const node of depthFirst(this.#below({ path: '', sides }), below)) {
      yield
      this.#compare(node)
    }
  }

  /** Yields what one directory holds that may differ. */
  *#below({ path, sides: { after, before } }: Node): Generator<Node> {
    for (const name of candidates(after, before)) {
      const at = path === '' ? name : `${path}/${name}`
      if (this.#isIgnored(at)) continue
      const [now, then] = [after.find(name), before.find(name)]
      if (now || then) yield { path: at, now, then, sides: this.#sidesBelow(now, then) }
    }
  }

  #isIgnored(path: string): boolean {
    return this.#ignore.size > 0 && this.#ignore.has(`${this.#target}/${path}`)
  }

  /** What to look at below an entry: nothing below what is gone, which is told of as a whole. */
  #sidesBelow(now: Found | undefined, then: Found | undefined): Sides {
    const after = now?.entry.type === 'directory' ? now.view : this.#nothing
    return { after, before: now?.entry.type === 'directory' ? (then?.view ?? this.#nothing) : this.#nothing }
  }

  #compare({ path, now, then }: Node): void {
    const isTooDeep = now?.entry.type === 'directory' && path.length > deepest
    const difference = now ? present(path, now.entry, then) : then && gone(path, then)
    if (!difference) return
    if (!isTooDeep) this.found.push(difference)
    else this.found.push({ ...difference, kind: difference.kind === 'unchanged' ? 'modified' : difference.kind, isTooDeep })
  }
}

interface Node {
  path: string
  now?: Found | undefined
  then?: Found | undefined
  /** The directory itself, in both. */
  sides: Sides
}

function gone(path: string, then: Found): Difference {
  return { path, kind: 'deleted', changed: [], before: then.entry, ...goneWith(then) }
}

/** Undefined where both are the same entry of a layer that they share. */
function present(path: string, after: Entry, before: Found | undefined): Difference | undefined {
  if (!before) return { path, kind: 'added', changed: [], after }
  if (before.entry.path === after.path) return undefined
  const changed = differingAspects(after, before.entry)
  const kind = changed.length > 0 ? 'modified' : 'unchanged'
  return { path, kind, changed, after, before: before.entry, ...(changed.includes('type') ? goneWith(before) : {}) }
}

/** Left by the test for attributes that every overlay begins with. */
export const rootMark = 'user.nsbox'

function goneWith({ entry, view }: Found): { gone?: View } {
  return entry.type === 'directory' ? { gone: view } : {}
}

/** Layers that both have at the bottom hold nothing that could differ, unless a layer above has the name too. */
function candidates({ parts: after }: View, { parts: before }: View): string[] {
  let shared = 0
  while (shared < Math.min(after.length, before.length) && after.at(-1 - shared)?.path === before.at(-1 - shared)?.path) shared++
  return namesIn([...after.slice(0, after.length - shared), ...before.slice(0, before.length - shared)])
}
