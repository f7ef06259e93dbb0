// Flags of `nsbox stress`.

import * as z from 'zod/mini'
import { type KnobName, type Knobs, knobNames } from '../stress/knobs.ts'
import {
  type AttemptsFlags,
  attemptsShape,
  attemptsTable,
  flagName,
  positiveDuration,
  regularExpression,
  wholeNumber,
} from './attempts-flags.ts'
import { readWords, vitestWordsHelp, type WordFlags, wordsHelp } from './command-words.ts'
import { parseOptions } from './explain.ts'
import { knobFlags } from './knob-flags.ts'
import { parseKnob } from './knob-values.ts'
import { parseTimer } from './quantities.ts'
import { quantity } from './schemas.ts'

export interface StressFlags extends Omit<AttemptsFlags, 'timeout'> {
  filters: string[]
  testNamePattern: string | undefined
  /** What each knob is to be. */
  values: { [Name in KnobName]?: NonNullable<Knobs[Name]>[] }
  runs: number | undefined
  /** Milliseconds, as all times. */
  duration: number | undefined
  budget: number | undefined
  untilFail: boolean
  timeout: number | undefined
  seed: number | undefined
  shard: { index: number; count: number } | undefined
  resume: boolean
  output: string
  json: boolean
  help: boolean
  /** vitest's words. */
  vitest: string[]
}

const where = 'nsbox stress'

const table: WordFlags = {
  testNamePattern: { value: 'PATTERN', help: "of the names of tests, as vitest's", short: 't' },
  runs: { value: 'N', help: 'of each file: steps of the sweep (15), or runs of each combination (10)' },
  duration: { value: 'TIME', help: 'go on for so long: 30s, 10m, 1h' },
  budget: { value: 'TIME', help: 'go on until tests have used so much CPU time: 600 (seconds), 10m' },
  'until-fail': { help: 'go on until something fails' },
  seed: { value: 'N', help: 'of all that is random: the same plan once more (any)' },
  shard: { value: 'I/N', help: 'part I of N; nsbox merge joins their results' },
  resume: { help: 'go on with a campaign that was interrupted' },
  output: { value: 'DIR', help: 'where results and reports go (.nsbox)' },
  json: { help: 'print results.json instead of the report' },
  ...attemptsTable,
  timeout: { value: 'TIME', help: 'a run that takes longer is killed (20 times what it took as it is, and 1m at least)' },
  help: { help: 'this text', short: 'h' },
}

const flag = z._default(z.boolean(), false)

const schema = z.strictObject({
  testNamePattern: z.optional(quantity(regularExpression)),
  runs: z.optional(quantity(wholeNumber(1, 1_000_000))),
  duration: z.optional(quantity(positiveDuration)),
  budget: z.optional(quantity((value) => positiveDuration(/^\d+$/.test(String(value)) ? `${value}s` : value))),
  'until-fail': flag,
  seed: z.optional(quantity(wholeNumber(0, 999_999_999))),
  shard: z.optional(quantity(parseShard)),
  resume: flag,
  output: z._default(z.string().check(z.minLength(1, 'it must be a path')), '.nsbox'),
  json: flag,
  ...attemptsShape,
  timeout: z.optional(quantity(parseTimer)),
  help: flag,
})

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export function parseStressFlags(words: readonly string[]): StressFlags {
  const { flags, names: filters, vitest } = readWords({ ...knobFlags, ...table }, words, where)
  const own = Object.fromEntries(Object.entries(flags).filter(([name]) => !(name in knobFlags)))
  const { 'until-fail': untilFail, ...parsed } = parseOptions(schema, own, where, flagName) as unknown as StressFlags & {
    'until-fail': boolean
  }
  return { ...parsed, untilFail, values: valuesAmong(flags), filters, vitest }
}

/** `--freeze 64ms,256ms` are two. */
function valuesAmong(flags: Record<string, string | true>): StressFlags['values'] {
  const values = knobNames.flatMap((name) => {
    const text = name === 'seed' ? undefined : flags[name]
    return text === undefined
      ? []
      : [
          [
            name,
            String(text)
              .split(',')
              .map((one) => parseKnob(name, one)),
          ],
        ]
  })
  return Object.fromEntries(values)
}

function parseShard(value: unknown): { index: number; count: number } {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(String(value)) ?? []
  const shard = { index: Number(index), count: Number(count) }
  if (index !== undefined && shard.index >= 1 && shard.index <= shard.count) return shard
  throw new TypeError('it must be a part of all, from 1: 2/4 is the second of four')
}

export function stressHelp(): string {
  return `Usage: nsbox stress [files] [-t PATTERN] [flags] [-- vitest's flags]

Runs tests many times in sealed sandboxes: first as they are, then with one knob after the other turned. What fails now and then is run
again until the fewest and weakest knobs are known that make it fail, and handed over as one line for nsbox repro. Without knobs it is a
sweep of 20 runs of each file; with them, all combinations of their values.

Knobs, with one value or several: --cpu 0.1,0.25,1
${wordsHelp(knobFlags)}

${wordsHelp(table)}

With --duration, --budget or --until-fail it goes on until then, unless --runs is reached before.
${vitestWordsHelp}

Exit code: 0 all passed, 1 something failed now and then or under a knob, 2 wrong usage, 3 something fails without any knob, and nothing
only now and then, 4 there are no tests, 77 no sandbox can be had here, 125 nsbox itself failed, or all passed and files of the results
could not be written, 130 interrupted.`
}
