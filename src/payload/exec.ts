// A program as payload.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { NsboxError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'
import { execve } from '../sys/process.ts'
import { resetSignals, unblockSignals } from '../sys/signal.ts'
import { type SpawnOptions, spawnProgram } from '../sys/spawn.ts'
import type { Program } from '../wire/protocol.ts'

/** Exit codes of a shell that cannot start a command: POSIX, 2.8.2. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

export interface NotStarted {
  error: NsboxError
  exitCode: number
}

/** Replaces this process. Answers only when that fails, with the exit code that a shell would give. */
export function execProgram(program: Program): NotStarted {
  resetSignals()
  unblockSignals()
  const failure = start(program, execve)
  return failure as NotStarted
}

/** Starts it as a child of this process, and answers its pid. */
export function spawn(program: Program, options: SpawnOptions): number | NotStarted {
  return start(program, (path, argv, env) => spawnProgram(path, argv, env, options))
}

type Start<T> = (path: string, argv: readonly string[], env: readonly string[]) => T

function start<T>({ file, argv, env }: Program, begin: Start<T>): T | NotStarted {
  const environment = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const path = findProgram(file, env['PATH'])
  if (path === undefined) return notStarted(file, 'ENOENT', 'it is not found along PATH')
  try {
    return begin(path, argv, environment)
  } catch (error) {
    const { errno, message } = error as NsboxError
    // execvp(3): a file that is no binary and names no interpreter is a shell's.
    if (errno === 'ENOEXEC') return start({ file: '/bin/sh', argv: ['/bin/sh', path, ...argv.slice(1)], env }, begin)
    return notStarted(file, errno, reason(path, errno) ?? message)
  }
}

function notStarted(file: string, errno: string | undefined, why: string): NotStarted {
  const error = new NsboxError(`Cannot run ${inQuotes(file)}: ${why}`, { code: 'ERR_NSBOX_EXEC', stage: 'payload', errno })
  return { error, exitCode: errno === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE }
}

/** What the kernel means, where it is one of the usual mistakes. */
function reason(path: string, errno: string | undefined): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (errno === 'ENOENT') return stat ? 'the interpreter in its first line does not exist' : 'it does not exist'
  if (errno === 'EACCES' && stat?.isDirectory()) return 'it is a directory'
  if (errno === 'EACCES' && stat && !isExecutable(path)) return `it is not executable: chmod +x ${path}`
  return undefined
}

/** As execvp(3) does, in the sandbox's own view of the file system. A file that may not be executed is better than none. */
function findProgram(file: string, path = '/usr/local/bin:/usr/bin:/bin'): string | undefined {
  if (file.includes('/')) return file
  const files = path
    .split(delimiter)
    .map((directory) => join(directory || '.', file))
    .filter(isFile)
  return files.find(isExecutable) ?? files[0]
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
