// A program as payload.

import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describeError } from '../errors.ts'
import { writeAll } from '../sys/descriptor.ts'
import { execve, exitNow } from '../sys/process.ts'
import { resetSignals } from '../sys/signal.ts'

/** Exit codes of a shell that cannot start a command: POSIX, 2.8.2. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

export interface Program {
  file: string
  argv: string[]
  env: Record<string, string>
}

/** Replaces this process. When that fails it says why on stderr and ends it as a shell would. */
export function execProgram({ file, argv, env }: Program): never {
  resetSignals()
  try {
    return execve(
      findProgram(file, env['PATH']),
      argv,
      Object.entries(env).map(([name, value]) => `${name}=${value}`),
    )
  } catch (error) {
    writeAll(2, Buffer.from(`nsbox: ${describeError(error)}\n`))
    return exitNow((error as { errno?: string }).errno === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE)
  }
}

/** As execvp(3) does, in the sandbox's own view of the file system. */
function findProgram(file: string, path = '/usr/local/bin:/usr/bin:/bin'): string {
  if (file.includes('/')) return file
  const found = path
    .split(delimiter)
    .map((directory) => join(directory || '.', file))
    .find(isExecutable)
  return found ?? file
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
