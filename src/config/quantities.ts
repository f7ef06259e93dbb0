// Sizes and durations as people write them.

const sizeUnits: Record<string, number> = { '': 1, B: 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 }
const durationUnits: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** A number counts bytes; a text is `4096`, `64K`, `256M`, `1.5G`, in units of 1024. @throws TypeError that says what is allowed */
export function parseSize(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value
  const [, digits, unit = ''] = typeof value === 'string' ? (/^(\d+(?:\.\d+)?)([BKMGT]?)(?:iB)?$/i.exec(value) ?? []) : []
  const bytes = digits === undefined ? 0 : Number(digits) * (sizeUnits[unit.toUpperCase()] as number)
  if (bytes >= 1 && bytes <= Number.MAX_SAFE_INTEGER) return Math.round(bytes)
  throw new TypeError('it must be a size such as 64M, 1.5G or 4096 (bytes)')
}

/** A number counts milliseconds; a text has a unit: `250ms`, `30s`, `1.5h`. @throws TypeError that says what is allowed */
export function parseDuration(value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const [, digits, unit] = typeof value === 'string' ? (/^([+-]?\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(value) ?? []) : []
  if (digits !== undefined && unit !== undefined) return Number(digits) * (durationUnits[unit] as number)
  throw new TypeError('it must be a duration with its unit, such as 250ms, 30s, 5m or 1h')
}

/** Clocks of a time namespace may reach 146 years (time_namespaces(7)). */
export const farthestOffset: number = 36_500 * 86_400_000

/** How far a clock is ahead. @throws TypeError that says what is allowed */
export function parseOffset(value: unknown): number {
  const milliseconds = parseDuration(value)
  if (Math.abs(milliseconds) <= farthestOffset) return milliseconds
  throw new TypeError('it must not be more than 36500d, ahead or behind')
}

/** 24 days. A timer of node's that is to wait longer than 2³¹ - 1 ms waits 1 ms (setTimeout()). */
export const longestTimer = 2_073_600_000

/** A duration that a timer waits for. @throws TypeError that says what is allowed */
export function parseTimer(value: unknown): number {
  const milliseconds = parseDuration(value)
  if (milliseconds >= 1 && milliseconds <= longestTimer) return milliseconds
  throw new TypeError('it must be from 1ms to 24d')
}

/** Processors as taskset(1) has them: `0-3,6`. @throws TypeError that says what is allowed */
export function parseCpuList(value: unknown): number[] {
  const parts = [value].flat()
  const isList = parts.every((part) => typeof part === 'number' || typeof part === 'string')
  const cpus = (isList ? parts.join(',') : '').split(',').flatMap((part) => {
    const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim()) ?? []
    const [from, to] = [Number(first), Number(last)]
    if (first === undefined || to < from || to >= 8192) throw new TypeError('it must be a list of processors such as 0-2,5')
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
  return [...new Set(cpus)].sort((a, b) => a - b)
}

/** Null is unlimited. */
export interface Limit {
  soft: number | null
  hard: number | null
}

/** One limit, or a soft and a hard one. @throws TypeError that says what is allowed */
export function parseResourceLimit(value: unknown): Limit {
  const one = (part: unknown): number | null => (part === 'unlimited' ? null : part === 0 || part === '0' ? 0 : parseSize(part))
  try {
    if (typeof value === 'object' && value !== null && 'soft' in value && 'hard' in value) {
      const [soft, hard] = [one(value.soft), one(value.hard)]
      if (hard !== null && (soft === null || soft > hard)) throw new TypeError('the soft limit must not be above the hard one')
      return { soft, hard }
    }
    return { soft: one(value), hard: one(value) }
  } catch (error) {
    throw (error as Error).message.startsWith('the soft') ? error : new TypeError('it must be a number, a size such as 64M, or unlimited')
  }
}
