// Checks the shapes of values from elsewhere, many times a second: each check is made once, and copies nothing.

import { Bounds } from './plain-data.ts'

export type Check = (value: unknown) => boolean
export type Fields = Record<string, unknown>

export const anything: Check = () => true
export const text: Check = (value) => typeof value === 'string'
export const count: Check = (value) => Number.isFinite(value)
/** Of lines and columns. */
export const ordinal: Check = (value) => Number.isInteger(value) && (value as number) >= 0
export const flag: Check = (value) => typeof value === 'boolean'
export const bytes: Check = (value) => value instanceof Uint8Array

/** What can be made a text. An array is one of what is in it. */
export const printable: Check = (value) => {
  if ((Array.isArray(value) || ArrayBuffer.isView(value)) && !new Bounds().copy(value).isWhole) return false
  try {
    return typeof String(value) === 'string'
  } catch {
    return false
  }
}

export function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function maybe(check: Check): Check {
  return (value) => value === undefined || value === null || check(value)
}

export function either(...checks: Check[]): Check {
  return (value) => checks.some((check) => check(value))
}

export function exactly(wanted: unknown): Check {
  return (value) => value === wanted
}

export function oneOf(...names: readonly string[]): Check {
  return (value) => names.includes(value as string)
}

/** One of holes could be longer than anybody can wait. */
const longest = 1_000_000

export function isList(value: unknown): value is unknown[] {
  return Array.isArray(value) && value.length <= longest
}

export function listOf(check: Check, most: number = longest): Check {
  return (value) => isList(value) && value.length <= most && isEvery(value, check)
}

/** `every` passes over holes. */
export function isEvery(list: unknown[], check: Check): boolean {
  for (const item of list) if (!check(item)) return false
  return true
}

/** The first items of a list. More may follow. */
export function tuple(...checks: Check[]): Check {
  return (value) => Array.isArray(value) && checks.every((check, index) => check(value[index]))
}

/** An object with these fields, and perhaps others. */
export function record(checks: Record<string, Check> = {}): Check {
  const entries = Object.entries(checks)
  return (value) => isRecord(value) && entries.every(([name, check]) => check(value[name]))
}

/** An object whose values are all of one shape. */
export function recordOf(check: Check): Check {
  return (value) => isRecord(value) && Object.values(value).every((item) => check(item))
}
