// Flags of `nsbox repro`.

import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'
import { type AttemptsFlags, attemptsShape, attemptsTable, flagName, positiveDuration, wholeNumber } from './attempts-flags.ts'
import { readWords, vitestWordsHelp, type WordFlags, wordsHelp } from './command-words.ts'
import { parseOptions } from './explain.ts'
import { quantity } from './schemas.ts'

export interface ReproFlags extends AttemptsFlags {
  /** `file > suite > name`; without it, what there is to repeat is listed. */
  test: string | undefined
  recipe: string | undefined
  /** Milliseconds. */
  duration: number | undefined
  runs: number | undefined
  /** Without the other tests of its file. */
  alone: boolean
  check: boolean
  shell: boolean
  inspect: { brk: boolean; port: number } | undefined
  results: string
  help: boolean
  /** vitest's words. */
  vitest: string[]
}

const where = 'nsbox repro'

const table: WordFlags = {
  recipe: { value: 'RECIPE', help: 'what is turned, as nsbox stress prints it: n1:cpu=0.25/1s,seed=77 (what the newest results have)' },
  results: { value: 'FILE', help: 'results of nsbox stress to take it from (.nsbox/results.json)' },
  runs: { value: 'N', help: 'at most so many runs (100); with --check exactly (59, or what the results call for)' },
  duration: { value: 'TIME', help: 'begin no run after that long: 30s, 5m, 1h' },
  alone: { help: 'without the other tests of its file, which run too otherwise, as nsbox stress has them' },
  check: { help: 'whether a fix holds: make all runs, and tell how sure it is' },
  shell: { help: 'when it has failed, open a shell in the state that it left' },
  inspect: { value: '[=PORT]', help: 'one run, with a debugger let in (9229)' },
  'inspect-brk': { value: '[=PORT]', help: 'one run, which waits for the debugger' },
  ...attemptsTable,
  help: { help: 'this text', short: 'h' },
}

const port = quantity((value) => {
  if (value === true) return 9229
  if (typeof value === 'string' && /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535) return Number(value)
  throw new TypeError('it must be a port from 1 to 65535')
})

const flag = z._default(z.boolean(), false)

const schema = z.strictObject({
  recipe: z.optional(z.string()),
  results: z._default(z.string(), '.nsbox/results.json'),
  runs: z.optional(quantity(wholeNumber(1, 1_000_000))),
  duration: z.optional(quantity(positiveDuration)),
  alone: flag,
  check: flag,
  shell: flag,
  inspect: z.optional(port),
  'inspect-brk': z.optional(port),
  ...attemptsShape,
  help: flag,
})

type Parsed = Omit<ReproFlags, 'test' | 'inspect' | 'vitest'> & { inspect?: number; 'inspect-brk'?: number }

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export function parseReproFlags(words: readonly string[]): ReproFlags {
  const { flags, names, vitest } = readWords(table, words, where)
  const { inspect, 'inspect-brk': brk, ...parsed } = parseOptions(schema, flags, where, flagName) as Parsed
  const [test, ...more] = names
  if (more.length > 0) {
    throw configError(
      `${where}: one test at a time: ${inQuotes(test as string)} and ${inQuotes(more[0] as string)} are two; quote a name with blanks`,
    )
  }
  exclude({ '--check': parsed.check, '--shell': parsed.shell, '--inspect': inspect !== undefined, '--inspect-brk': brk !== undefined })
  const inspected = brk !== undefined ? { brk: true, port: brk } : inspect !== undefined ? { brk: false, port: inspect } : undefined
  if (inspected) for (const name of ['runs', 'duration'] as const) if (parsed[name] !== undefined) throw once(name)
  if (parsed.check && parsed.duration !== undefined)
    throw configError(`${where}: --check makes all its runs, and --duration would end it before: say --runs`)
  return { ...parsed, test, inspect: inspected, vitest }
}

function exclude(given: Record<string, boolean>): void {
  const [one, other] = Object.keys(given).filter((name) => given[name])
  if (other !== undefined) throw configError(`${where}: ${one} and ${other} exclude each other`)
}

function once(name: string): Error {
  return configError(`${where}: a debugger has one run: leave --${name} out`)
}

export function reproHelp(): string {
  return `Usage: nsbox repro 'FILE > SUITE > NAME' --recipe RECIPE [flags] [-- vitest's flags]

Runs a test again and again under a recipe until it fails, and shows the failure. A file by itself is all of its tests. With a debugger a
test runs alone.
Without a test, lists those that the newest results of nsbox stress have a recipe of.

${wordsHelp(table)}

Where the recipe has no seed each run has another one, and the one that failed is printed.
${vitestWordsHelp}

Exit code: 0 it never failed, 1 it failed, 2 wrong usage, 4 there is no such test, 77 no sandbox can be had here,
125 nsbox itself failed, 130 interrupted.`
}
