// A program as payload.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { NsboxError } from '../errors.ts'
import { inQuotes, shellWord } from '../quoted.ts'
import { makeRoom } from '../sys/node-heap.ts'
import { execve, preparedExecve } from '../sys/process.ts'
import { resetSignals, unblockSignals } from '../sys/signal.ts'
import { type SpawnOptions, spawnProgram } from '../sys/spawn.ts'
import type { Program } from '../wire/protocol.ts'
import { interpreterOf } from './interpreter.ts'

/** Exit codes of a shell that cannot start a command: POSIX, 2.8.2. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127
/** More than the limits of a program and its exec allocate, in bytes. */
const untilExec = 256 * 1024

export interface NotStarted {
  error: NsboxError
  exitCode: number
}

/**
 * Replaces this process. Answers only when that fails, with the exit code that a shell would give. `limit` is called at the last
 * moment: under a limit on memory or descriptors this node may not get far any more, and the program may.
 */
export function execProgram(program: Program, limit: () => void): NotStarted {
  resetSignals()
  unblockSignals()
  const { file, argv, env } = program
  const path = findProgram(file, env['PATH'])
  const exec = path === undefined ? undefined : preparedExecve(path, argv, environmentOf(env))
  makeRoom(untilExec)
  limit()
  try {
    exec?.()
  } catch {
    // Tried again, and said.
  }
  return start(program, execve) as NotStarted
}

/** Starts it as a child of this process, and answers its pid. */
export function spawn(program: Program, options: SpawnOptions): number | NotStarted {
  return start(program, (path, argv, env) => spawnProgram(path, argv, env, options))
}

type Start<T> = (path: string, argv: readonly string[], env: readonly string[]) => T

function start<T>({ file, argv, env }: Program, begin: Start<T>): T | NotStarted {
  const path = findProgram(file, env['PATH'])
  if (path === undefined) return notStarted(file, 'ENOENT', 'it is not found along PATH')
  try {
    return begin(path, argv, environmentOf(env))
  } catch (error) {
    const { errno, message } = error as NsboxError
    // execvp(3): a file that is no binary and names no interpreter is a shell's.
    if (errno === 'ENOEXEC') return start({ file: '/bin/sh', argv: ['/bin/sh', path, ...argv.slice(1)], env }, begin)
    const { why, hint } = reason(path, errno) ?? { why: message }
    return notStarted(file, errno, why, hint)
  }
}

function environmentOf(env: Program['env']): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`)
}

function notStarted(file: string, errno: string | undefined, why: string, hint?: string): NotStarted {
  const error = new NsboxError(`Cannot run ${inQuotes(file)}: ${why}`, { code: 'ERR_NSBOX_EXEC', stage: 'payload', errno, hint })
  return { error, exitCode: errno === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE }
}

/** What the kernel means, where it is one of the usual mistakes. */
function reason(path: string, errno: string | undefined): { why: string; hint?: string } | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (errno === 'ENOENT') return stat ? missingInterpreter(path) : { why: 'it does not exist' }
  if (errno !== 'EACCES' || !stat) return undefined
  if (stat.isDirectory()) return { why: 'it is a directory' }
  if (!isExecutable(path)) return { why: `it is not executable: chmod +x ${shellWord(path)}` }
  const interpreter = interpreterOf(path)
  return interpreter && { why: `${inQuotes(interpreter.path)}, which runs it, is not executable` }
}

/** The file itself is there. */
function missingInterpreter(path: string): { why: string; hint?: string } {
  const interpreter = interpreterOf(path)
  if (!interpreter) return { why: 'what the kernel starts it with, its interpreter or loader, does not exist' }
  const missing = `${inQuotes(interpreter.path)}, does not exist`
  if (interpreter.of === 'binary')
    return {
      why: `its loader, ${missing}`,
      hint: 'It was built for a system with another C library or processor: build or install it for this one.',
    }
  const hint = interpreter.path.endsWith('\r')
    ? 'The line ends as in Windows: sed -i "1s/\\r$//" mends it.'
    : 'Install it, or correct that line.'
  return { why: `the interpreter in its first line, ${missing}`, hint }
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
