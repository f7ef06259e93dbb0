// Times of whole runs, pool against pool, in interleaved rounds.

import { computing, type Environment, fixture, rendering, trivial } from './fixture.ts'
import { median, printTable } from './report.ts'
import { type Pool, runVitest, type VitestRun } from './vitest-run.ts'

export interface TimedSuite {
  environment: Environment
  source: (number: number) => string
  /** At most this much of what forks takes. */
  target: number
  /** What one more file should come down to. */
  goal: number
  files: number
}

export const timedSuites: Record<'trivial' | 'jsdom' | 'cpu', TimedSuite> = {
  trivial: { environment: 'node', source: trivial, target: 0.25, goal: 0.12, files: 60 },
  jsdom: { environment: 'jsdom', source: rendering, target: 0.1, goal: 0.05, files: 60 },
  cpu: { environment: 'node', source: computing, target: 1, goal: 1, files: 6 },
}

export interface Comparison {
  name: string
  suite: TimedSuite
  pools: Pool[]
  workers: number
  rounds: number
}

export async function comparePools({ name, suite, pools, workers, rounds }: Comparison): Promise<void> {
  const { path, remove } = await fixture(suite.environment, suite.files, suite.source)
  try {
    const runs = new Map<Pool, VitestRun[]>(pools.map((pool) => [pool, []]))
    for (let round = 0; round < rounds; round++)
      for (const pool of rotated(pools, round)) runs.get(pool)?.push(await runVitest(path, pool, workers))
    console.log(`\n${name}: ${suite.files} files, ${workers} ${workers === 1 ? 'worker' : 'workers'}, medians of ${rounds}`)
    printTimes(runs, suite)
  } finally {
    await remove()
  }
}

function printTimes(runs: Map<Pool, VitestRun[]>, { files, target }: TimedSuite): void {
  const middle = (pool: Pool, figure: 'duration' | 'seconds') => median((runs.get(pool) ?? []).map((run) => run[figure]))
  const ratio = (pool: Pool, figure: 'duration' | 'seconds') => (middle(pool, figure) / middle('forks', figure)).toFixed(3)
  printTable(
    ['pool', 'Duration s', 'ms a file', 'ratio', 'target', 'wall s', 'ratio'],
    [...runs.keys()].map((pool) => [
      pool,
      middle(pool, 'duration').toFixed(2),
      ((middle(pool, 'duration') * 1000) / files).toFixed(0),
      ratio(pool, 'duration'),
      pool === 'nsbox' ? `≤ ${target.toFixed(2)}` : '',
      middle(pool, 'seconds').toFixed(2),
      ratio(pool, 'seconds'),
    ]),
  )
}

/** Whoever comes first finds colder caches, so each round starts with another. */
function rotated<T>(values: T[], by: number): T[] {
  const start = by % values.length
  return [...values.slice(start), ...values.slice(0, start)]
}
