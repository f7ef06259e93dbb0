// Flags of every command that makes attempts.

import * as z from 'zod/mini'
import { oneLine } from '../quoted.ts'
import type { WordFlags } from './command-words.ts'
import type { FieldName } from './explain.ts'
import { parseDuration, parseTimer } from './quantities.ts'
import { quantity, type Shape } from './schemas.ts'

export interface AttemptsFlags {
  /** Worker processes. */
  jobs: number | undefined
  /** Of an attempt, in milliseconds. */
  timeout: number
  prefer: boolean
}

export const attemptsTable: WordFlags = {
  jobs: { value: 'N', help: 'runs at once, at most (as many as there are processors)' },
  timeout: { value: 'TIME', help: 'a run that takes longer is killed, and has failed (5m)' },
  prefer: { help: 'do without the knobs that this machine cannot turn, and say which' },
}

export const attemptsShape: Shape = {
  jobs: z.optional(quantity(wholeNumber(1, 1024))),
  timeout: z._default(quantity(parseTimer), 300_000),
  prefer: z._default(z.boolean(), false),
}

/** @throws TypeError that says what is allowed */
export function positiveDuration(value: unknown): number {
  const ms = parseDuration(value)
  if (ms > 0) return ms
  throw new TypeError('it must be above 0, such as 30s, 5m or 1h')
}

/** @throws TypeError that says what is wrong */
export function regularExpression(value: unknown): string {
  try {
    new RegExp(String(value))
    return String(value)
  } catch (error) {
    throw new TypeError(`it must be a regular expression: ${oneLine((error as Error).message)}`)
  }
}

export function wholeNumber(least: number, most: number): (value: unknown) => number {
  return (value) => {
    const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw new TypeError(`it must be a whole number from ${least} to ${most}`)
  }
}

export const flagName: FieldName = ([name]) => `--${String(name)}`
