// One run of the real vitest command line with one pool.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { type Finished, runCommand } from './command.ts'

/** Pools to compare, with the words that choose them. The first one is what the others are measured by. */
export const poolWords = {
  forks: ['--pool=forks'],
  threads: ['--pool=threads'],
  vmThreads: ['--pool=vmThreads'],
  'forks --no-isolate': ['--pool=forks', '--no-isolate'],
  nsbox: ['--pool=nsbox'],
} as const
export type Pool = keyof typeof poolWords
export const pools: Pool[] = Object.keys(poolWords) as Pool[]

export interface VitestRun extends Finished {
  /** vitest's own figure, in seconds. */
  duration: number
  /** What vitest says the duration is made of, in its own words. */
  breakdown: string
  /** CPU seconds of vitest's main process. */
  mainCpu: number
  /** CPU seconds of everything below it. */
  otherCpu: number
}

export function vitestCommand(pool: Pool, workers: number): string[] {
  const vitest = dirname(createRequire(import.meta.url).resolve('vitest/package.json'))
  const config = pool === 'nsbox' ? 'nsbox.config.js' : 'plain.config.js'
  return [process.execPath, join(vitest, 'vitest.mjs'), 'run', `--config=${config}`, ...poolWords[pool], `--maxWorkers=${workers}`]
}

/** Written by the configuration of a fixture, and by its files. */
const mainCpuLine = /^nsbox-bench main CPU ([\d.]+)$/m
const workerCpuLine = /^nsbox-bench worker CPU ([\d.]+)$/gm

/** @throws when a test fails: the time of a broken run says nothing */
export async function runVitest(cwd: string, pool: Pool, workers: number, filter: string[] = []): Promise<VitestRun> {
  const before = cpuOfChildren()
  const finished = await runCommand([...vitestCommand(pool, workers), ...filter], { cwd, timeout: 600 })
  const awaited = cpuOfChildren() - before
  if (finished.exitCode !== 0)
    throw new Error(`vitest with ${pool} ended with ${finished.signal ?? finished.exitCode}:\n${finished.output}`)
  const output = stripVTControlCharacters(finished.output)
  const [, amount, unit, breakdown] = /Duration +([\d.]+)(ms|s)(?: +\((.*)\))?/.exec(output) ?? []
  const mainCpu = Number(mainCpuLine.exec(output)?.[1])
  const payloads = [...output.matchAll(workerCpuLine)].reduce((sum, [, seconds]) => sum + Number(seconds), 0)
  return {
    ...finished,
    duration: Number(amount) / (unit === 'ms' ? 1000 : 1),
    breakdown: breakdown ?? '',
    mainCpu,
    // Nobody waits for the payload of a sandbox that is killed: what it says itself has to do.
    otherCpu: awaited - mainCpu + (pool === 'nsbox' ? payloads : 0),
  }
}

/** Seconds that ended and awaited children have used (proc_pid_stat(5): cutime and cstime, in clock ticks). */
function cpuOfChildren(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) / 100
}
