// Options of the library's functions, besides those of the sandbox.

import { constants } from 'node:os'
import * as z from 'zod/mini'
import { configError } from '../errors.ts'
import { parseOptions } from './explain.ts'
import { parseSize } from './quantities.ts'
import type { ProgramOptions, ResolvedProgramOptions, ResolvedSandboxOptions, SandboxOptions, Size } from './run-options.ts'
import { programShape, sandboxShape } from './run-schema.ts'
import { programText, quantity } from './schemas.ts'
import { shown } from './shown.ts'

export interface ExecOptions extends ProgramOptions {
  /** `pipe` gives a stream to write to; a text or bytes are what the program reads. @default 'ignore' */
  stdin?: 'ignore' | 'inherit' | 'pipe' | Uint8Array | { text: string }
  /** @default 'pipe' */
  stdout?: 'ignore' | 'inherit' | 'pipe'
  /** @default 'pipe' */
  stderr?: 'ignore' | 'inherit' | 'pipe'
  /** How much of each output the report keeps; streams carry all of it. @default '16M' */
  maxOutput?: Size
  /** Whether the report lists what the program changed. @default false */
  changes?: boolean
  /** Directory, new or empty, to keep that in: for `layers`, `nsbox diff` and `nsbox apply`. */
  keep?: string
  /** Working directory inside. @default that of the sandbox */
  cwd?: string
  /** Ends the run as its timeout would. */
  signal?: AbortSignal
}

export interface RunOptions extends SandboxOptions, ExecOptions {
  /** The program and its arguments. */
  command: readonly string[]
  cwd?: string
}

export interface CreateOptions extends SandboxOptions {
  /** The environment of calls, and of programs that are given none. @default the caller's */
  env?: NodeJS.ProcessEnv
  /** Modules that calls need, imported once and outside of any sandbox: paths, URLs or package names. */
  preload?: readonly string[]
}

export interface ResolvedExecOptions extends ResolvedProgramOptions {
  stdin: 'ignore' | 'inherit' | 'pipe' | Uint8Array | { text: string }
  stdout: 'ignore' | 'inherit' | 'pipe'
  stderr: 'ignore' | 'inherit' | 'pipe'
  maxOutput: number
  changes: boolean
  keep?: string | undefined
  cwd?: string | undefined
  signal?: AbortSignal | undefined
}

const output = z._default(z.enum(['ignore', 'inherit', 'pipe']), 'pipe')

const execShape = {
  ...programShape,
  stdin: z._default(
    z.union(
      [z.enum(['ignore', 'inherit', 'pipe']), z.instanceof(Uint8Array), z.strictObject({ text: z.string() })],
      'it must be "ignore", "inherit" or "pipe", bytes, or { text: … }',
    ),
    'ignore',
  ),
  stdout: output,
  stderr: output,
  maxOutput: z._default(quantity(parseSize), 16 * 1024 ** 2),
  changes: z._default(z.boolean(), false),
  keep: z.optional(z.string().check(z.minLength(1))),
  cwd: z.optional(z.string().check(z.minLength(1))),
  signal: z.optional(z.instanceof(AbortSignal)),
}

const execSchema = z.strictObject(execShape)
const runSchema = z.strictObject({ ...sandboxShape, ...execShape })
const createSchema = z.strictObject({
  ...sandboxShape,
  env: programShape['env'] as z.ZodMiniType,
  preload: z._default(z.array(z.string().check(z.minLength(1))), []),
})

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function execOptions(input: unknown): ResolvedExecOptions {
  return parseOptions(execSchema, input, 'exec()') as unknown as ResolvedExecOptions
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function runOptions(input: unknown): ResolvedSandboxOptions & ResolvedExecOptions {
  return parseOptions(runSchema, input, 'run()') as unknown as ResolvedSandboxOptions & ResolvedExecOptions
}

export type ResolvedCreateOptions = ResolvedSandboxOptions & { env?: NodeJS.ProcessEnv | undefined; preload: string[] }

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function createOptions(input: unknown): ResolvedCreateOptions {
  return parseOptions(createSchema, input, 'createSandbox()') as unknown as ResolvedCreateOptions
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function requireObject(input: unknown, where: string): void {
  if (typeof input !== 'object' || input === null) throw configError(`${where}: options are ${shown(input)}; they must be an object`)
}

/** What call() is given. @throws NsboxError ERR_NSBOX_CONFIG */
export function requireCall(module: unknown, name: unknown, args: unknown, options: unknown): void {
  requireObject(options, 'call()')
  const wrong = (what: string, value: unknown, must: string) => configError(`call(): ${what} is ${shown(value)}; it must be ${must}`)
  if (typeof module !== 'string' && !(module instanceof URL)) throw wrong('module', module, 'a path, a file URL or the name of a package')
  if (typeof name !== 'string') throw wrong('exportName', name, 'the name of a function that the module exports')
  if (!Array.isArray(args)) throw wrong('args', args, 'a list')
  const { signal } = options as { signal?: unknown }
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong('signal', signal, 'an AbortSignal')
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function requireSignal(signal: unknown): void {
  if (typeof signal === 'string' && signal in constants.signals) return
  throw configError(`kill(): signal is ${shown(signal)}; it must be the name of a signal, such as SIGTERM`)
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function commandWords(command: unknown, where: string): string[] {
  const words = z.safeParse(z.array(z.string()).check(z.minLength(1)), command)
  if (words.success && words.data[0] !== '') return words.data.map((word, index) => programWord(word, `${where}: command.${index}`))
  throw configError(
    `${where}: command is ${shown(command)}; it must be a list of words that begins with a program, such as ['node', 'a.js']`,
  )
}

function programWord(word: string, name: string): string {
  try {
    return programText(word)
  } catch (error) {
    throw configError(`${name} is ${shown(word)}: ${(error as Error).message}`)
  }
}
