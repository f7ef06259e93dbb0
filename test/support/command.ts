// The command, run from its sources as npm would start it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { programPath } from './sandbox.ts'

export interface CommandOptions {
  cwd: string
  home: string
  /** Descriptors or kinds, as child_process has them. */
  stdio?: (number | 'ignore' | 'pipe')[]
  env?: Record<string, string>
  /** In place of the sources: what was built of them. */
  entry?: string
  /** Is sent when it has said something that matches. */
  signal?: { at: RegExp; name: NodeJS.Signals }
  /** Ends it from outside after this many milliseconds. */
  killAfter?: number
}

export interface CommandEnd {
  exitCode: number | null
  stdout: string
  stderr: string
}

const sources = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

/** Compiling its sources anew takes more than half the time of a run. */
const compileCache = mkdtempSync(join(tmpdir(), 'nsbox-test-compiled-'))
process.on('exit', () => rmSync(compileCache, { recursive: true, force: true }))

/** The words that start it. */
export const command: readonly string[] = [process.execPath, sources]

export async function nsbox(
  words: readonly string[],
  { cwd, home, env = {}, stdio, killAfter = 25_000, entry = sources, signal }: CommandOptions,
): Promise<CommandEnd> {
  const child = spawn(process.execPath, [entry, ...words], {
    cwd,
    env: { PATH: programPath, HOME: home, NODE_COMPILE_CACHE: compileCache, ...env },
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
  const timer = setTimeout(() => child.kill('SIGKILL'), killAfter)
  const [exitCode] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  return { exitCode, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}
