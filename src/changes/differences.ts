// Walks two views of a directory at once and tells where they differ.

import { hasAttributes, visibleAttributes } from './attributes.ts'
import type { Aspect } from './changed.ts'
import { differingAspects } from './compare.ts'
import { type Entry, entryAt, type TrueModes } from './entry.ts'
import { nameOf } from './names.ts'
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
}

interface Sides {
  after: View
  before: View
}

export function differencesBetween(sides: Sides, target: string, ignore: readonly string[], modes: TrueModes): Difference[] {
  const walk = new Walk(nameOf(target), new Set(ignore.map(nameOf)), modes)
  walk.top(sides)
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
  top(sides: Sides): void {
    const [after, before] = [sides.after, sides.before].map((view) => entryAt((view.parts[0] as Part).path, this.#modes)) as [Entry, Entry]
    const changed: Aspect[] = []
    if (after.mode !== before.mode) changed.push('mode')
    const attributes = new Map([...visibleAttributes(after.path)].filter(([name]) => name !== rootMark))
    if (!hasAttributes(visibleAttributes(before.path), attributes)) changed.push('attributes')
    if (changed.length > 0) this.found.push({ path: '', kind: 'modified', changed, after, before })
    this.#below('', sides)
  }

  #below(path: string, { after, before }: Sides): void {
    for (const name of candidates(after, before)) {
      const at = path === '' ? name : `${path}/${name}`
      if (this.#ignore.has(`${this.#target}/${at}`)) continue
      const [now, then] = [after.find(name), before.find(name)]
      if (now) this.#present(at, now, then)
      else if (then) this.found.push({ path: at, kind: 'deleted', changed: [], before: then.entry, ...goneWith(then) })
    }
  }

  #present(path: string, { entry, view }: Found, before: Found | undefined): void {
    if (!before) this.found.push({ path, kind: 'added', changed: [], after: entry })
    else if (before.entry.path !== entry.path) {
      const changed = differingAspects(entry, before.entry)
      const kind = changed.length > 0 ? 'modified' : 'unchanged'
      const gone = changed.includes('type') ? goneWith(before) : {}
      this.found.push({ path, kind, changed, after: entry, before: before.entry, ...gone })
    }
    if (entry.type === 'directory') this.#below(path, { after: view, before: before?.view ?? this.#nothing })
  }
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
