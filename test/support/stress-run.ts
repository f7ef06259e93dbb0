// Runs `nsbox stress` as it was built in a seeded project, and reads what it leaves.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Attempt, Results } from '../../src/stress/results.ts'
import { builtCommand } from './built-command.ts'
import type { Project } from './vitest-project.ts'

export interface StressOptions {
  /** Words before the command, such as a wrapper program and its arguments. */
  wrapper?: string[]
  env?: Record<string, string>
}

export interface StressEnd {
  exitCode: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface StressProcess {
  child: ChildProcess
  /** What it has said until now, on both. */
  output(): string
  done: Promise<StressEnd>
}

/** A sweep takes some 10 s, and ten times that where others are busy; in milliseconds. */
export const patience = 280_000

/** In a process group of its own, as a shell would start it. */
export function startStress(
  { root, home, scratch }: Project,
  words: string[],
  { wrapper = [], env = {} }: StressOptions = {},
): StressProcess {
  const [file, ...args] = [...wrapper, process.execPath, builtCommand, 'stress', '--output', join(scratch, 'out'), ...words] as [string]
  const child = spawn(file, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`,
      HOME: home,
      NO_COLOR: '1',
      LANG: 'C.UTF-8',
      ...env,
    },
  })
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) child[stream].setEncoding('utf8').on('data', (text: string) => (said[stream] += text))
  const timer = setTimeout(() => child.kill('SIGKILL'), patience)
  const done = new Promise<StressEnd>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, ...said }))
  }).finally(() => clearTimeout(timer))
  return { child, output: () => said.stdout + said.stderr, done }
}

export function stress(project: Project, words: string[], options?: StressOptions): Promise<StressEnd> {
  return startStress(project, words, options).done
}

export function resultsOf({ scratch }: Project): Results {
  return JSON.parse(readFileSync(join(scratch, 'out/results.json'), 'utf8')) as Results
}

/** What lies in the log, without a line that is still being written. */
export function loggedAttempts({ scratch }: Project): Attempt[] {
  const path = join(scratch, 'out/attempts.jsonl')
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(1, -1) : []
  return lines.map((line) => JSON.parse(line) as Attempt)
}

/** By `file > name`. */
export function verdictsIn({ tests }: Results): Record<string, string> {
  return Object.fromEntries(tests.map(({ file, name, verdict }) => [`${file} > ${name}`, verdict]))
}
