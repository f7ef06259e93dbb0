// Flags of `nsbox stress`, read and checked.

import { parseArgs } from 'node:util'
import { configError } from '../errors.ts'
import { type KnobName, type Knobs, knobNames } from '../stress/knobs.ts'
import { knobsHelp } from './knob-help.ts'
import { parseKnob } from './knob-values.ts'
import { type ResolvedStressOptions, stressOptions } from './stress-schema.ts'
import { suggest } from './suggest.ts'

export interface StressFlags extends ResolvedStressOptions {
  values: { [Name in KnobName]?: NonNullable<Knobs[Name]>[] }
  filters: string[]
  /** vitest's own. */
  words: string[]
  help: boolean
}

interface Flag {
  /** What stands for the value in the help; a flag without is on or off. */
  value?: string
  help: string
}

const stressFlags: Record<string, Record<string, Flag>> = {
  'How long': {
    runs: { value: 'N', help: 'of each file: steps of the sweep (15), or runs of each combination (10)' },
    duration: { value: 'TIME', help: 'go on for so long, unless --runs says how often' },
    budget: { value: 'TIME', help: 'go on until the tests have used so much CPU time: 600 (seconds), or 10m' },
    'until-fail': { help: 'go on until something fails' },
    timeout: { value: 'TIME', help: 'of one attempt; then it is killed (20 times what it needs, a minute at least)' },
  },
  'What is run': {
    testNamePattern: { value: 'REGEX', help: '-t: only tests whose names match' },
    seed: { value: 'N', help: 'of all that is random, so that a campaign can be made again (any)' },
    shard: { value: 'I/N', help: 'the part I of N; nsbox merge joins their results' },
    resume: { help: 'go on with an interrupted campaign' },
    jobs: { value: 'N', help: 'attempts at once (as many as there are processors, and memory for)' },
    prefer: { help: 'leave out knobs that this machine cannot turn, and say so' },
  },
  Output: {
    output: { value: 'DIR', help: 'where results, reports and logs go (.nsbox)' },
    json: { help: 'print results.json instead of the report' },
    help: { help: 'this text' },
  },
}
const flags: Record<string, Flag> = Object.assign({}, ...Object.values(stressFlags))

/** vitest's, which say where its tests are. The rest of its words comes behind `--`. */
const vitestFlags = ['config', 'root', 'project', 'dir', 'mode']
const short: Record<string, string> = { t: 'testNamePattern', c: 'config', r: 'root', h: 'help' }

type Turnable = Exclude<KnobName, 'seed'>
const turnable = knobNames.filter((name): name is Turnable => name !== 'seed')
const isTurnable = (name: string): name is Turnable => turnable.includes(name as Turnable)

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export function parseStressFlags(words: readonly string[], where: string): StressFlags {
  const isText = (name: string) => flags[name]?.value !== undefined || vitestFlags.includes(name) || isTurnable(name)
  const known = [...Object.keys(flags), ...turnable, ...vitestFlags]
  const options = Object.fromEntries(known.map((name) => [name, { type: isText(name) ? 'string' : 'boolean' } as const]))
  const letters = Object.fromEntries(Object.entries(short).map(([letter, name]) => [name, letter]))
  for (const [name, letter] of Object.entries(letters)) Object.assign(options[name] as object, { short: letter })
  const end = words.indexOf('--')
  const own = end === -1 ? words : words.slice(0, end)
  const { tokens } = parseArgs({ args: [...own], options, strict: false, allowPositionals: true, tokens: true })

  const given: Record<string, unknown> = {}
  const values: Partial<Record<KnobName, unknown[]>> = {}
  const result = { filters: [] as string[], words: end === -1 ? [] : words.slice(end + 1) }
  for (const token of tokens) {
    if (token.kind === 'positional') result.filters.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    if (name.startsWith('nsbox.')) result.words.push(value === undefined ? `--${name}` : `--${name}=${value}`)
    else if (!known.includes(name)) throw unknownFlag(rawName, known, where)
    else if (isText(name) && (value === undefined || value === ''))
      throw configError(`${where}: ${rawName} needs a value: ${rawName} ${placeholder(name)}`)
    else if (!isText(name) && value !== undefined)
      throw configError(`${where}: ${rawName} takes no value, and was given ${JSON.stringify(value)}`)
    else if (vitestFlags.includes(name)) result.words.push(`--${name}=${value}`)
    else if (isTurnable(name)) values[name] = [...(values[name] ?? []), ...valuesOf(name, value as string)]
    else
      given[optionOf(name)] =
        value === undefined ? true : /^\d{1,15}$/.test(value) && name !== 'testNamePattern' && name !== 'output' ? Number(value) : value
  }
  const { help = false, ...checked } = given
  const resolved = stressOptions(checked, where, ([option]) => `--${flagOf(String(option))}`)
  return { ...resolved, ...result, values: values as StressFlags['values'], help: help === true }
}

function placeholder(name: string): string {
  return (isTurnable(name) ? knobsHelp[name].value : flags[name]?.value) ?? 'VALUE'
}

/** `--freeze 64ms,256ms` are two. */
function valuesOf(name: KnobName, text: string): unknown[] {
  return text.split(',').map((one) => parseKnob(name, one))
}

function unknownFlag(rawName: string, known: readonly string[], where: string): Error {
  const name = rawName.replace(/^-+/, '')
  return configError(
    `${where}: unknown flag ${rawName}${suggest(name, known).replace('"', '"--')}; nsbox stress --help lists them; vitest's own words come behind --`,
  )
}

const optionOf = (flag: string) => flag.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
const flagOf = (option: string) => Object.keys(flags).find((flag) => optionOf(flag) === option) ?? option

/** One line for each flag, in groups. */
export function stressFlagsHelp(): string {
  const line = (left: string, help: string) => `  ${left.padEnd(26)} ${help}`
  const groups = Object.entries(stressFlags).map(([title, group]) =>
    [
      `${title}:`,
      ...Object.entries(group).map(([name, { value, help }]) => line(`--${name}${value === undefined ? '' : ` ${value}`}`, help)),
    ].join('\n'),
  )
  const knobs = turnable.map((name) => line(`--${name} ${knobsHelp[name].value}`, knobsHelp[name].help))
  return [[`Knobs, each with one value or several (0.1,0.25,1):`, ...knobs].join('\n'), ...groups].join('\n\n')
}
