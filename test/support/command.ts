// The command as it was built: it starts in a quarter of the CPU time that its sources need.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { builtCommand } from './built-command.ts'
import { programPath } from './sandbox.ts'

export interface CommandOptions {
  cwd: string
  home: string
  /** Descriptors or kinds, as child_process has them. */
  stdio?: (number | 'ignore' | 'pipe')[]
  env?: Record<string, string>
  /** Is sent when it has said something that matches. */
  signal?: { at: RegExp; name: NodeJS.Signals }
  /** After this long it is killed and the test fails with what it said, in milliseconds. */
  killAfter?: number
}

export interface CommandEnd {
  exitCode: number | null
  stdout: string
  stderr: string
}

/** The words that start it, as the first line of its file does. A threaded node would start itself anew for `nsbox run`. */
export const command: readonly [string, ...string[]] = [process.execPath, '--single-threaded', builtCommand]
const [program, ...before] = command

export async function nsbox(
  words: readonly string[],
  { cwd, home, env = {}, stdio, killAfter = 25_000, signal }: CommandOptions,
): Promise<CommandEnd> {
  const child = spawn(program, [...before, ...words], {
    cwd,
    env: { PATH: programPath, HOME: home, ...env },
    stdio: stdio ?? ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (!signal?.at.test(Buffer.concat(chunks).toString())) return
      child.kill(signal.name)
      signal = undefined
    })
    return chunks
  }) as [Buffer[], Buffer[]]
  let hung = false
  const timer = setTimeout(() => {
    hung = child.kill('SIGKILL')
  }, killAfter)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  const end = { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
  if (hung) throw new Error(`nsbox ${words.join(' ')} did not end in ${killAfter} ms:\n${end.stdout}${end.stderr}`)
  return end
}
