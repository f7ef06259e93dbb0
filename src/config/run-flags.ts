// Flags of `nsbox run`, `shell` and `plan`, and the options that they stand for.

import { parseArgs } from 'node:util'
import { NsboxError } from '../errors.ts'
import { resourceNumbers } from '../sys/resources.ts'
import { type FieldName, suggest } from './explain.ts'
import { parseSize } from './quantities.ts'
import { programOptions, type ResolvedProgramOptions, type ResolvedSandboxOptions, resourceLimit, sandboxOptions } from './run-options.ts'

export interface RunFlags {
  sandbox: ResolvedSandboxOptions
  program: ResolvedProgramOptions
  environment: EnvironmentChange[]
  /** What to do with what the run changed. */
  changes: { diff: boolean; apply: boolean; yes: boolean; keep?: string; export?: string }
  output: { json: boolean; statusFd?: number }
  dieWithParent: boolean
  help: boolean
  /** The words after the flags. */
  command: string[]
}

export type EnvironmentChange = { do: 'clear' } | { do: 'set'; name: string; value: string } | { do: 'unset'; name: string }

interface Flag {
  /** What stands for the value in the help; a flag without is on or off. */
  value?: string
  help: string
  /** The option of the library that it sets, so that errors can name the flag. */
  option?: string
  set(input: Input, value: string): void
}

/** What flags collect, not checked yet. */
interface Input {
  sandbox: Record<string, unknown>
  program: Record<string, unknown>
  environment: EnvironmentChange[]
  changes: RunFlags['changes']
  output: RunFlags['output']
  dieWithParent: boolean
  help: boolean
}

const choice = (option: string, value: string, help: string): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = given
  },
})

const list = (option: string, value: string, help: string, parse: (given: string) => unknown = (given) => given): Flag => ({
  value,
  help,
  option,
  set: ({ sandbox }, given) => {
    sandbox[option] = [...((sandbox[option] as unknown[]) ?? []), parse(given)]
  },
})

const duration = (option: string, help: string): Flag => ({
  value: 'TIME',
  help,
  option,
  set: ({ program }, given) => {
    program[option] = given
  },
})

const privateOrHost = 'private|host'

/** In groups, as the help shows them. */
export const flagGroups: Record<string, Record<string, Flag>> = {
  Namespaces: {
    net: choice('net', 'none|host', "own localhost only, or the host's network (none)"),
    pid: choice('pid', privateOrHost, 'processes (private)'),
    ipc: choice('ipc', privateOrHost, 'System V IPC and message queues (private)'),
    uts: choice('uts', privateOrHost, 'host name (private)'),
    cgroup: choice('cgroup', privateOrHost, 'view of cgroups (private)'),
    time: choice('time', privateOrHost, 'clocks (host)'),
    hostname: choice('hostname', 'NAME', 'host name inside (nsbox)'),
    uid: choice('uid', 'root|caller', 'who the command is inside (root)'),
    'map-range': choice('mapRange', 'none|auto', 'auto: the ids of /etc/subuid exist inside (none)'),
    'monotonic-offset': choice('monotonicOffset', 'TIME', 'how far the monotonic clock is ahead'),
    'boottime-offset': choice('boottimeOffset', 'TIME', 'how far the boot time clock is ahead'),
  },
  'File system': {
    overlay: list('overlays', 'DIR', "put DIR under a throwaway overlay (the caller's directory)"),
    layer: list('layers', 'DIR', 'lay DIR, or changes kept there, on it; the first is on top'),
    bind: list('binds', 'SRC[:DEST]', 'show SRC at DEST; writes reach the host', (given) => bindOf(given, false)),
    'ro-bind': list('binds', 'SRC[:DEST]', 'show SRC at DEST, read-only', (given) => bindOf(given, true)),
    tmpfs: list('tmpfs', 'DIR[:size=SIZE,inodes=N]', 'an empty directory in memory', tmpfsOf),
    mask: list('masks', 'PATH', 'an empty file or directory in place of PATH'),
    rootfs: choice('rootfs', 'DIR', 'another root, under a throwaway overlay'),
    dev: list('devices', 'NAME', 'let a device in, such as kvm'),
    cwd: choice('cwd', 'DIR', 'working directory inside'),
    upper: choice('upper', 'auto|tmpfs|disk', 'where overlays keep what is written (auto)'),
  },
  Environment: {
    clearenv: { help: 'start from an empty environment', set: ({ environment }) => environment.push({ do: 'clear' }) },
    setenv: { value: 'NAME=VALUE', help: 'set a variable', set: ({ environment }, given) => environment.push(assignment(given)) },
    unsetenv: {
      value: 'NAME',
      help: 'remove a variable',
      set: ({ environment }, given) => environment.push({ do: 'unset', name: nameOf(given) }),
    },
  },
  'What the run changed': {
    diff: {
      help: 'print it',
      set: ({ changes }) => {
        changes.diff = true
      },
    },
    keep: {
      value: 'DIR',
      help: 'keep it in DIR, for --layer, diff and apply',
      set: ({ changes }, given) => {
        changes.keep = given
      },
    },
    apply: {
      help: 'ask, then merge it into the project',
      set: ({ changes }) => {
        changes.apply = true
      },
    },
    yes: {
      help: 'with --apply: do not ask',
      set: ({ changes }) => {
        changes.yes = true
      },
    },
    export: {
      value: 'FILE.tar',
      help: 'write it as an OCI image layer',
      set: ({ changes }, given) => {
        changes.export = given
      },
    },
  },
  Limits: {
    timeout: duration('timeout', 'then the command gets SIGTERM'),
    'kill-after': duration('killAfter', 'that long after it, everything is killed (5s)'),
    rlimit: { value: 'NAME=N[:HARD]', help: 'a limit of getrlimit(2), such as nofile=64', option: 'rlimits', set: addRlimit },
    nice: {
      value: 'N',
      help: 'niceness',
      option: 'nice',
      set: ({ sandbox }, given) => {
        sandbox['nice'] = numberOr(given)
      },
    },
    'cpus-allowed': choice('cpusAllowed', 'LIST', 'processors, such as 0-2,5'),
    'die-with-parent': {
      help: 'end when the process that started nsbox ends',
      set: (input) => {
        input.dieWithParent = true
      },
    },
  },
  Output: {
    seal: choice('seal', 'require|prefer', 'a protection that cannot be had is an error, or is reported (require)'),
    'status-fd': {
      value: 'N',
      help: 'write JSON lines about the run to descriptor N',
      set: ({ output }, given) => {
        output.statusFd = descriptorOf(given)
      },
    },
    json: {
      help: 'print the report and changes as JSON on stderr',
      set: ({ output }) => {
        output.json = true
      },
    },
    help: {
      help: 'this text',
      set: (input) => {
        input.help = true
      },
    },
  },
}

const flags: Record<string, Flag> = Object.assign({}, ...Object.values(flagGroups))

/** @throws NsboxError ERR_NSBOX_CONFIG that names the flag, what was given, and what is allowed */
export function parseRunFlags(words: readonly string[], where: string): RunFlags {
  const { given, command } = split(words, where)
  const input: Input = {
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
  return { ...rest, sandbox: sandboxOptions(sandbox, where, flagOf), program: programOptions(program, where, flagOf), command }
}

function setFlag(input: Input, name: string, value: string | undefined, where: string): void {
  const flag = flags[name]
  if (!flag)
    throw wrong(`${where}: unknown flag --${name}${suggest(name, Object.keys(flags)).replace('"', '"--')}; nsbox run --help lists them`)
  // A `--` is the end of the flags, and no value.
  if (flag.value !== undefined && (value === undefined || value === '--'))
    throw wrong(`${where}: --${name} needs a value: --${name} ${flag.value}`)
  if (flag.value === undefined && value !== undefined)
    throw wrong(`${where}: --${name} takes no value, and was given ${JSON.stringify(value)}`)
  try {
    flag.set(input, value ?? '')
  } catch (error) {
    throw error instanceof TypeError ? wrong(`${where}: --${name} is ${JSON.stringify(value)}: ${error.message}`) : error
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
    throw wrong(`${where}: unknown flag ${short.rawName}; flags are written out: nsbox run --help lists them`)
  const command = end === undefined ? [] : words.slice(end.kind === 'option-terminator' ? end.index + 1 : end.index)
  return { given: given.map(({ name, value }) => ({ name: name === 'h' ? 'help' : name, value })), command }
}

/** `binds.0.target` is what --bind set. */
export const flagOf: FieldName = ([option]) => {
  const name = Object.entries(flags).find(([, flag]) => flag.option === option)?.[0]
  return name === undefined ? String(option) : `--${name}`
}

/** A colon of a path is written `\:`. */
function bindOf(given: string, readOnly: boolean): unknown {
  const [source = '', target, ...more] = given.split(/(?<!\\):/).map((part) => part.replaceAll('\\:', ':'))
  if (more.length > 0) throw new TypeError('it has more than one colon; a colon of a path is written \\:')
  if (source === '') throw new TypeError('the path on the host is missing')
  if (target !== undefined) requireAbsolute('the path inside', target)
  return { source, ...(target !== undefined && { target }), readOnly }
}

function tmpfsOf(given: string): unknown {
  const [, target = given, limits = ''] = /^(.*?):(\w+=[^/]*)$/s.exec(given) ?? []
  requireAbsolute('the path', target)
  const pairs = limits === '' ? [] : limits.split(',').map((pair) => pair.split('=') as [string, string?])
  return { target, ...Object.fromEntries(pairs.map(([name, value = '']) => [name, tmpfsLimit(name, value)])) }
}

function tmpfsLimit(name: string, value: string): number {
  if (name === 'size') return parseSize(value)
  if (name !== 'inodes') throw new TypeError(`unknown limit "${name}"${suggest(name, ['size', 'inodes'])}; known are size and inodes`)
  if (/^\d{1,15}$/.test(value) && Number(value) >= 2) return Number(value)
  throw new TypeError('its inodes must be a number, 2 at least')
}

function requireAbsolute(what: string, path: string): void {
  if (!path.startsWith('/')) throw new TypeError(`${what} must be absolute`)
}

function addRlimit({ sandbox }: Input, given: string): void {
  const [, name, soft, hard = soft] = /^(\w+)=([^:]+)(?::([^:]+))?$/.exec(given) ?? []
  if (name === undefined) throw new TypeError('it must be a name and a limit, such as nofile=64 or nofile=64:128')
  const known = Object.keys(resourceNumbers)
  if (!known.includes(name)) throw new TypeError(`unknown limit "${name}"${suggest(name, known)}; known are ${known.join(', ')}`)
  resourceLimit({ soft, hard })
  sandbox['rlimits'] = { ...(sandbox['rlimits'] as object), [name]: { soft, hard } }
}

function assignment(given: string): EnvironmentChange {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(given) ?? []
  if (name === undefined || value === undefined) throw new TypeError('it must be NAME=VALUE')
  return { do: 'set', name, value }
}

function nameOf(given: string): string {
  if (/^[^=]+$/.test(given)) return given
  throw new TypeError('it must be the name of a variable')
}

function descriptorOf(given: string): number {
  if (/^\d{1,6}$/.test(given)) return Number(given)
  throw new TypeError('it must be the number of an open descriptor')
}

/** What is no number is left for the schema to refuse. */
function numberOr(given: string): unknown {
  return /^[+-]?\d+$/.test(given) ? Number(given) : given
}

function wrong(message: string): NsboxError {
  return new NsboxError(message, { code: 'ERR_NSBOX_CONFIG', stage: 'config' })
}

/** One line for each flag, in groups. */
export function flagsHelp(): string {
  const left = (name: string, { value }: Flag) => `--${name}${value === undefined ? '' : ` ${value}`}`
  return Object.entries(flagGroups)
    .map(([title, group]) =>
      [`${title}:`, ...Object.entries(group).map(([name, flag]) => `  ${left(name, flag).padEnd(34)} ${flag.help}`)].join('\n'),
    )
    .join('\n\n')
}
