// Makes what a worker sends of its tests fit for reporters. Those that write JSON throw at a BigInt and at a circle, and lose the report of
// all files; what is in many places at once they write once for each of them, without an end.

/** Of values in values. */
const deepest = 100
/** Of all values that JSON would have. */
const most = 1_000_000

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

/** Cuts circles, what is too deep and what is too much, in place. Fields of the root itself may be left as they are. */
export function boundTree(root: unknown, leave: readonly string[] = []): void {
  let left = most
  const above = new Set<unknown>()
  const visit = (holder: Fields) => {
    above.add(holder)
    for (const key of keysOf(holder)) {
      if (above.size === 1 && leave.includes(key)) continue
      const value = holder[key]
      left -= 1 + unseenItems(value)
      const isInside = typeof value === 'object' && value !== null && holds(value)
      if (left < 0 || (isInside && (above.size >= deepest || above.has(value)))) delete holder[key]
      else if (isInside) visitInside(value)
    }
    above.delete(holder)
  }
  const visitInside = (value: object) => {
    if (value instanceof Map || value instanceof Set) visitItems(value)
    else visit(value as Fields)
  }
  /** In a list of their own, because they have no fields to cut. */
  const visitItems = (value: Map<unknown, unknown> | Set<unknown>) => {
    const items = [...value]
    above.add(value)
    visit(items as unknown as Fields)
    above.delete(value)
    value.clear()
    for (const item of items) {
      if (value instanceof Set) value.add(item)
      else if (Array.isArray(item)) value.set(item[0], item[1])
    }
  }
  if (typeof root === 'object' && root !== null && holds(root)) visitInside(root)
}

type Fields = Record<string, unknown>

function holds(value: object): boolean {
  return value instanceof Map || value instanceof Set || value instanceof Error || isHolder(value)
}

/** An error's own fields are not enumerable. */
function keysOf(holder: object): string[] {
  return holder instanceof Error ? Object.getOwnPropertyNames(holder) : Object.keys(holder)
}

/** What is written for a value besides its own fields: bytes one by one, and a list's holes. */
function unseenItems(value: unknown): number {
  if (ArrayBuffer.isView(value)) return value.byteLength
  return Array.isArray(value) ? value.length : 0
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
