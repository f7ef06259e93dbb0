// Flags of `nsbox run`, `shell` and `plan`, read and checked.

import { parseArgs } from 'node:util'
import { configError, type ErrorData } from '../errors.ts'
import { inQuotes, quoted } from '../quoted.ts'
import { spokenOptions } from '../spoken-options.ts'
import type { FieldName } from './explain.ts'
import { type ChangeFlags, type EnvironmentChange, type Flag, type FlagInput, flagGroups, type OutputFlags } from './flag-table.ts'
import { programDefaults, type ResolvedProgramOptions, type ResolvedSandboxOptions, sandboxDefaults } from './run-options.ts'
import { suggest } from './suggest.ts'

export interface RunFlags {
  sandbox: ResolvedSandboxOptions
  program: ResolvedProgramOptions
  environment: EnvironmentChange[]
  changes: ChangeFlags
  output: OutputFlags
  dieWithParent: boolean
  help: boolean
  /** The words after the flags. */
  command: string[]
}

const flags: Record<string, Flag> = Object.assign({}, ...Object.values(flagGroups))

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export async function parseRunFlags(words: readonly string[], where: string): Promise<RunFlags> {
  const { given, command } = split(words, where)
  const input: FlagInput = {
    sandbox: {},
    program: {},
    environment: [],
    changes: { diff: false, apply: false, yes: false },
    output: { json: false },
    dieWithParent: false,
    help: false,
  }
  for (const { name, value } of given) setFlag(input, name, value, where)
  const { sandbox, program, ...rest } = input
  return { ...rest, ...(await checked(sandbox, program, where)), command }
}

/** Without flags there is nothing to check, and no need to load what checks. */
async function checked(sandbox: object, program: object, where: string): Promise<Pick<RunFlags, 'sandbox' | 'program'>> {
  const isEmpty = [sandbox, program].every((input) => Object.keys(input).length === 0)
  if (isEmpty) return { sandbox: sandboxDefaults, program: programDefaults }
  const { sandboxOptions, programOptions } = await import('./run-schema.ts')
  return { sandbox: sandboxOptions(sandbox, where, flagOf), program: programOptions(program, where, flagOf) }
}

function setFlag(input: FlagInput, name: string, value: string | undefined, where: string): void {
  const flag = flags[name]
  if (!flag)
    throw configError(
      `${where}: unknown flag ${quoted(`--${name}`)}${suggest(name, Object.keys(flags)).replace('"', '"--')}; nsbox run --help lists them`,
    )
  // A `--` is the end of the flags, and no value.
  if (flag.value !== undefined && (value === undefined || value === '--'))
    throw configError(`${where}: --${name} needs a value: --${name} ${flag.value}`)
  if (flag.value === undefined && value !== undefined)
    throw configError(`${where}: --${name} takes no value, and was given ${inQuotes(value)}`)
  try {
    flag.set(input, value ?? '')
  } catch (error) {
    throw error instanceof TypeError ? configError(`${where}: --${name} is ${inQuotes(value ?? '')}: ${error.message}`) : error
  }
}

/** Flags end at `--`, or at the first word that is none: the rest is the command's. */
function split(words: readonly string[], where: string): { given: { name: string; value: string | undefined }[]; command: string[] } {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { value }]) => [name, { type: value === undefined ? 'boolean' : 'string' } as const]),
  )
  const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true })
  const end = tokens.find(({ kind }) => kind !== 'option')
  const given = tokens.flatMap((token) => (token.kind === 'option' && token.index < (end?.index ?? Infinity) ? [token] : []))
  const short = given.find(({ rawName }) => !rawName.startsWith('--'))
  if (short && short.rawName !== '-h')
    throw configError(`${where}: unknown flag ${quoted(short.rawName)}; flags are written out: nsbox run --help lists them`)
  const command = end === undefined ? [] : words.slice(end.kind === 'option-terminator' ? end.index + 1 : end.index)
  return { given: given.map(({ name, value }) => ({ name: name === 'h' ? 'help' : name, value })), command }
}

/** `binds.0.target` is what --bind set. */
export const flagOf: FieldName = ([option]) => {
  const name = Object.entries(flags).find(([, flag]) => flag.option === option)?.[0]
  return name === undefined ? String(option) : `--${name}`
}

/**
 * What the library says, to whoever gave flags: `seal: 'prefer'` is `--seal prefer`, `expose is` is `--expose is`. Names of files and commands
 * may read like that too: of a message only the places are changed in which the library speaks of options, and of hints what is in no quotes.
 */
export function inFlags(error: ErrorData): ErrorData {
  const { message, hint } = error
  const ending = Object.values(spokenOptions).find((words) => message.endsWith(words)) ?? ''
  const rest = message.slice(0, message.length - ending.length)
  const named = rest
    .replace(/^(?:[a-z]+(?= is )|[a-z]+[A-Z][a-z]+(?= cannot be ))/, (option) => flagOf([option]))
    .replace(/(?<=^[\w-]+ cannot be limited here: no cgroup with the controller \w+ \()limitsBy is '(\w+)'(?=\))/, '--limits-by is $1')
  return { ...error, message: named + settingsInFlags(ending), hint: hint && settingsInFlags(hint) }
}

function settingsInFlags(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\b([a-z]+[A-Z]?[a-z]*): '(\w+)'/g, (whole, option, value) => {
    const flag = option === undefined ? option : flagOf([option])
    return flag === option ? whole : `${flag} ${value}`
  })
}
