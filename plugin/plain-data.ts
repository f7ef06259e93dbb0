// Makes what a worker sends of its tests fit for reporters. Those that write JSON throw at a BigInt and at a circle, and lose the report of
// all files; what is in many places at once they write once for each of them, without an end.

/** Of values in values. */
const deepest = 100
/** Of what JSON would have more than the message: see {@link Bounds}. */
const most = 4_000_000

/** A BigInt becomes text, in place. */
export function spellBigInts(root: object): void {
  const seen = new Set<object>([root])
  // Not by recursion: a worker may nest them as deep as it likes.
  for (const holder of seen) {
    for (const key of Object.keys(holder)) {
      const value = (holder as Record<string, unknown>)[key]
      const spelt = spelling(value)
      if (spelt !== undefined) (holder as Record<string, unknown>)[key] = spelt
      else if (isHolder(value)) seen.add(value)
    }
  }
}

/** False for objects that are in two places: as JSON they could be longer than memory. */
export function isTree(value: unknown): boolean {
  const seen = new Set<object>()
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    if (seen.has(next)) return false
    seen.add(next)
    for (const item of Object.values(next)) waiting.push(item)
  }
  return true
}

export interface Copy {
  value: unknown
  /** Something is too much, or too deep. */
  isCut: boolean
  /** Nothing is left out, no circle either. */
  isWhole: boolean
}

/**
 * Of one message, which has a limit of its own: what is in it once is not counted. What it has in many places, holes and bytes are
 * written longer than they were sent, and have one bound together.
 */
export class Bounds {
  readonly #isLeftOut: (value: object) => boolean
  readonly #seen = new Set<object>()
  #left = most

  /** `isLeftOut`: for objects that are not followed. */
  constructor(isLeftOut: (value: object) => boolean = () => false) {
    this.#isLeftOut = isLeftOut
  }

  /** Without circles, what is too deep and what is too much. What is copied stays as it is: others may hold parts of it. */
  copy(root: unknown): Copy {
    const copy = { value: undefined as unknown, isCut: false, isWhole: true }
    const above = new Set<object>()
    const cut = (isLimit: boolean) => {
      copy.isWhole = false
      copy.isCut ||= isLimit
      return absent
    }
    const visit = (value: unknown, isAgain: boolean): unknown => {
      const length = (isAgain ? 1 + (typeof value === 'string' ? value.length : 0) : 0) + unseenItems(value)
      if (length > this.#left) return cut(true)
      this.#left -= length
      if (typeof value !== 'object' || value === null || !holds(value)) return value
      if (above.has(value) || this.#isLeftOut(value)) return cut(false)
      if (above.size >= deepest) return cut(true)
      const isAgainInside = this.#seen.has(value)
      this.#seen.add(value)
      above.add(value)
      const inside = copyOf(value, (item) => visit(item, isAgainInside))
      above.delete(value)
      return inside
    }
    const value = visit(root, false)
    copy.value = value === absent ? undefined : value
    return copy
  }
}

const absent = Symbol('absent')

type Visit = (value: unknown) => unknown

function copyOf(holder: object, visit: Visit): object {
  if (holder instanceof Set) return new Set([...holder].map(visit).filter(isThere))
  if (holder instanceof Map) {
    const pairs = [...holder].map((pair) => pair.map(visit) as [unknown, unknown])
    return new Map(pairs.filter((pair) => pair.every(isThere)))
  }
  const copy = emptyLike(holder) as Fields
  for (const key of keysOf(holder)) {
    const value = visit((holder as Fields)[key])
    if (!isThere(value)) continue
    // A worker may call a field `__proto__`.
    if (Object.hasOwn(copy, key) || !(key in copy)) copy[key] = value
    else Object.defineProperty(copy, key, { value, writable: true, enumerable: true, configurable: true })
  }
  return copy
}

type Fields = Record<string, unknown>

function emptyLike(holder: object): object {
  if (Array.isArray(holder)) return new Array(holder.length)
  if (!(holder instanceof Error)) return {}
  const error = Object.setPrototypeOf(new Error(), Object.getPrototypeOf(holder))
  for (const key of keysOf(holder))
    Object.defineProperty(error, key, { writable: true, enumerable: Object.keys(holder).includes(key), configurable: true })
  return error
}

/** An error's own fields are not enumerable. */
function keysOf(holder: object): string[] {
  return holder instanceof Error ? Object.getOwnPropertyNames(holder) : Object.keys(holder)
}

function isThere(value: unknown): boolean {
  return value !== absent
}

function holds(value: object): boolean {
  return value instanceof Map || value instanceof Set || value instanceof Error || isHolder(value)
}

/** What is written for a value besides its own fields: bytes one by one, and a list's holes. */
function unseenItems(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  return Array.isArray(value) ? Math.max(0, value.length - Object.keys(value).length) : 0
}

/** `5n`, as source text has it. Undefined for everything else. */
function spelling(value: unknown): string | undefined {
  if (typeof value === 'bigint' || value instanceof BigInt) return `${value}n`
  return value instanceof BigInt64Array || value instanceof BigUint64Array ? `${value.constructor.name}(${value.length})` : undefined
}

/** JSON has nothing of what is in a Map, and bytes have no end of keys. */
function isHolder(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
