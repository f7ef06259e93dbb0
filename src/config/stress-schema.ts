// Checks the options of a campaign.

import * as z from 'zod/mini'
import { type FieldName, parseOptions } from './explain.ts'
import { parseDuration } from './quantities.ts'
import { quantity } from './schemas.ts'

export interface ResolvedStressOptions {
  runs?: number
  /** Milliseconds, as all times. */
  duration?: number
  budget?: number
  untilFail: boolean
  timeout?: number
  testNamePattern?: string
  seed?: number
  shard?: { index: number; count: number }
  resume: boolean
  jobs?: number
  prefer: boolean
  output: string
  json: boolean
}

const time = quantity((value) => positive(parseDuration(typeof value === 'number' ? '' : value)))
/** A number counts seconds. */
const cpuTime = quantity((value) => positive(typeof value === 'number' ? value * 1000 : parseDuration(value)))
const count = (most: number) => z.int().check(z.minimum(1, 'it must be 1 at least'), z.maximum(most, `it must be ${most} at most`))
const flag = z._default(z.boolean(), false)

const schema = z.strictObject({
  runs: z.optional(count(1_000_000)),
  duration: z.optional(time),
  budget: z.optional(cpuTime),
  untilFail: flag,
  timeout: z.optional(time),
  testNamePattern: z.optional(quantity(regularExpression)),
  seed: z.optional(z.int().check(z.minimum(0, 'it must be 0 at least'))),
  shard: z.optional(quantity(parseShard)),
  resume: flag,
  jobs: z.optional(count(1024)),
  prefer: flag,
  output: z._default(z.string().check(z.minLength(1, 'a path cannot be empty')), '.nsbox'),
  json: flag,
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function stressOptions(input: unknown, where: string, name?: FieldName): ResolvedStressOptions {
  return parseOptions(schema, input, where, name) as ResolvedStressOptions
}

function positive(milliseconds: number): number {
  if (milliseconds > 0) return milliseconds
  throw new TypeError('it must be longer than nothing')
}

function parseShard(value: unknown): { index: number; count: number } {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(String(value)) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (index !== undefined && shard.index >= 1 && shard.index <= shard.count) return shard
  throw new TypeError('it must be a part of all, from 1: 2/4 is the second of four')
}

function regularExpression(value: unknown): string {
  try {
    new RegExp(String(value))
    return String(value)
  } catch (error) {
    throw new TypeError(`it must be a regular expression: ${(error as Error).message}`)
  }
}
