// Flags of `nsbox threshold`.

import * as z from 'zod/mini'
import { type AttemptsFlags, attemptsShape, attemptsTable, flagName, regularExpression, wholeNumber } from './attempts-flags.ts'
import { readWords, vitestWordsHelp, type WordFlags, wordsHelp } from './command-words.ts'
import { parseOptions } from './explain.ts'
import { quantity } from './schemas.ts'

export interface ThresholdFlags extends AttemptsFlags {
  filters: string[]
  testNamePattern: string | undefined
  /** On each step. */
  runs: number
  only: 'cpu' | 'memory' | undefined
  json: boolean
  help: boolean
  /** vitest's words. */
  vitest: string[]
}

const where = 'nsbox threshold'

const table: WordFlags = {
  testNamePattern: { value: 'PATTERN', help: "of the names of tests, as vitest's", short: 't' },
  runs: { value: 'N', help: 'on each step: all of them must pass (10)' },
  only: { value: 'cpu|memory', help: 'look for one of them alone' },
  json: { help: 'print what was found as JSON' },
  ...attemptsTable,
  help: { help: 'this text', short: 'h' },
}

const schema = z.strictObject({
  testNamePattern: z.optional(quantity(regularExpression)),
  runs: z._default(quantity(wholeNumber(1, 10_000)), 10),
  only: z.optional(z.enum(['cpu', 'memory'])),
  json: z._default(z.boolean(), false),
  ...attemptsShape,
  help: z._default(z.boolean(), false),
})

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export function parseThresholdFlags(words: readonly string[]): ThresholdFlags {
  const { flags, names: filters, vitest } = readWords(table, words, where)
  return { ...(parseOptions(schema, flags, where, flagName) as unknown as ThresholdFlags), filters, vitest }
}

export function thresholdHelp(): string {
  return `Usage: nsbox threshold [files] [-t PATTERN] [flags] [-- vitest's flags]

The smallest share of a processor and the smallest memory under which each test file still passes, and all of them together: how large
a CI machine has to be.

${wordsHelp(table)}

${vitestWordsHelp}

Exit code: 0 found, 2 wrong usage, 3 a file fails without any cap, 4 there are no tests, 77 no sandbox can be had here,
125 nsbox itself failed, 130 interrupted.`
}
