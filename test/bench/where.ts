// Where a file's time goes: what one more file costs, and who spends it.

import { fixture, reporting } from './fixture.ts'
import { median, printTable } from './report.ts'
import type { TimedSuite } from './timings.ts'
import { type Pool, runVitest, type VitestRun } from './vitest-run.ts'

/** Milliseconds for one more file. */
interface Slope {
  wall: number
  duration: number
  /** CPU of vitest's main process, by its own account. */
  main: number
  /** CPU of workers, zygotes and inits. */
  workers: number
}

const compared: Pool[] = ['forks', 'nsbox', 'forks --no-isolate']

/** Two sizes of the same suite: the difference is without what a run costs once. */
export async function printWhereTimeGoes(name: string, suite: TimedSuite, rounds: number): Promise<void> {
  const { path, remove } = await fixture(suite.environment, suite.files, reporting(suite.source))
  const few = Array.from({ length: Math.max(1, Math.floor(suite.files / 4)) }, (_, index) => `file-${index + 1}.test.js`)
  try {
    const found = new Map<Pool, { slope: Slope; whole: VitestRun }[]>(compared.map((pool) => [pool, []]))
    for (let round = 0; round < rounds; round++)
      for (const pool of compared) {
        const part = await runVitest(path, pool, 1, few)
        const whole = await runVitest(path, pool, 1)
        found.get(pool)?.push({ whole, slope: slopeOf(part, whole, suite.files - few.length) })
      }
    console.log(`\n${name}: one more file, 1 worker, ms, from ${few.length} and ${suite.files} files, medians of ${rounds}`)
    printSlopes(found, suite.goal)
    for (const pool of compared) console.log(`${pool}: ${found.get(pool)?.[0]?.whole.breakdown}`)
  } finally {
    await remove()
  }
}

function slopeOf(part: VitestRun, whole: VitestRun, files: number): Slope {
  const each = (figure: 'seconds' | 'duration' | 'otherCpu' | 'mainCpu') => ((whole[figure] - part[figure]) * 1000) / files
  return { wall: each('seconds'), duration: each('duration'), main: each('mainCpu'), workers: each('otherCpu') }
}

function printSlopes(found: Map<Pool, { slope: Slope }[]>, goal: number): void {
  const middle = (pool: Pool, figure: keyof Slope) => median((found.get(pool) ?? []).map(({ slope }) => slope[figure]))
  const forks = middle('forks', 'wall')
  printTable(
    ['pool', 'wall', 'ratio', 'main CPU', 'other CPU'],
    compared.map((pool) => [
      pool,
      middle(pool, 'wall').toFixed(1),
      (middle(pool, 'wall') / forks).toFixed(3),
      middle(pool, 'main').toFixed(1),
      middle(pool, 'workers').toFixed(1),
    ]),
  )
  const [nsbox, budget] = [middle('nsbox', 'wall'), forks * goal]
  const left = nsbox > budget ? `${(nsbox - budget).toFixed(1)} ms to save` : 'reached'
  console.log(`\n${goal} of forks is ${budget.toFixed(1)} ms a file, nsbox takes ${nsbox.toFixed(1)} ms: ${left}`)
}
