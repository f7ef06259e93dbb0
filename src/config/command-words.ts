// Words of a command that starts vitest by itself: flags of its own, names of files, and what vitest is told.

import { configError } from '../errors.ts'
import { inQuotes, quoted } from '../quoted.ts'
import { suggest } from './suggest.ts'

export interface WordFlag {
  /** What stands for the value in the help; a flag without is on or off. One in brackets may be left out: `[=PORT]`. */
  value?: string
  help: string
  /** A single letter: `-t`. */
  short?: string
}

export type WordFlags = Record<string, WordFlag>

export interface CommandWords {
  /** By name: the text of a flag, or true for one without. */
  flags: Record<string, string | true>
  /** What is no flag. */
  names: string[]
  /** For vitest, and for its pool: `--project`, `web`, `--nsbox.memory=64M`. */
  vitest: string[]
}

/** Of vitest's own, those that say where its tests are and how they are found. Others come after `--`. */
const ofVitest: Record<string, string> = {
  '--config': 'PATH',
  '-c': 'PATH',
  '--root': 'DIR',
  '-r': 'DIR',
  '--dir': 'DIR',
  '--project': 'NAME',
  '--environment': 'NAME',
  '--mode': 'NAME',
  '--exclude': 'GLOB',
}

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, and the nearest right one */
export function readWords(table: WordFlags, words: readonly string[], where: string): CommandWords {
  const read: CommandWords = { flags: {}, names: [], vitest: [] }
  const left = [...words]
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [, flag = word, given] = /^(--?[^=]*)=(.*)$/s.exec(word) ?? []
    if (word === '--') read.vitest.push(...left.splice(0))
    else if (!/^-./.test(word)) read.names.push(word)
    else if (word.startsWith('--nsbox.')) read.vitest.push(word)
    else if (flag in ofVitest) read.vitest.push(flag, given ?? next(left, `${where}: ${flag}`, `${flag} ${ofVitest[flag]}`))
    else {
      const name = nameOf(table, flag, where)
      read.flags[name] = ownValue(table[name] as WordFlag, flag, given, left, where)
    }
  }
  return read
}

function ownValue({ value: stands }: WordFlag, flag: string, given: string | undefined, left: string[], where: string): string | true {
  if (stands === undefined && given !== undefined) throw configError(`${where}: ${flag} takes no value, and was given ${inQuotes(given)}`)
  if (stands === undefined || stands.startsWith('[')) return given ?? true
  return given ?? next(left, `${where}: ${flag}`, `${flag} ${stands}`)
}

function next(left: string[], what: string, sample: string): string {
  const value = left.shift()
  if (value !== undefined && value !== '--') return value
  throw configError(`${what} needs a value: ${sample}`)
}

function nameOf(table: WordFlags, flag: string, where: string): string {
  const name = flag.startsWith('--') ? flag.slice(2) : Object.keys(table).find((one) => table[one]?.short === flag.slice(1))
  if (name !== undefined && Object.hasOwn(table, name)) return name
  const near = suggest(flag.replace(/^-+/, ''), Object.keys(table)).replace('"', '"--')
  throw configError(`${where}: unknown flag ${quoted(flag)}${near}; ${where} --help lists them, and those of vitest come after --`)
}

/** One line for each. */
export function wordsHelp(table: WordFlags): string {
  const left = (name: string, { value, short }: WordFlag) => {
    const sample = value === undefined ? '' : value.startsWith('[') ? value : ` ${value}`
    return `${short === undefined ? '' : `-${short}, `}--${name}${sample}`
  }
  return Object.entries(table)
    .map(([name, flag]) => `  ${left(name, flag).padEnd(30)} ${flag.help}`)
    .join('\n')
}

/** For the help of commands that pass them on. */
export const vitestWordsHelp =
  "--config, --root, --dir, --project, --environment, --mode and --exclude are vitest's, --nsbox.NAME=VALUE are options of its pool."
