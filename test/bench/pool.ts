// The pool against vitest's own: time, memory, and where a file's time goes. Figures, never a verdict.
//   npm run bench:pool -- [--suite trivial,jsdom,cpu,memory,where,network] [--workers 1,2] [--rounds N]
//     [--files N] [--pools forks,nsbox]

import { parseArgs } from 'node:util'
import { printLaunchCost, printNetworkCost } from './launch-cost.ts'
import { compareMemory } from './memory.ts'
import { printHeader } from './report.ts'
import { comparePools, timedSuites } from './timings.ts'
import { type Pool, pools, poolWords } from './vitest-run.ts'
import { printWhereTimeGoes } from './where.ts'

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'trivial,jsdom,cpu,memory,where' },
    workers: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '3' },
    files: { type: 'string' },
    pools: { type: 'string', default: pools.join(',') },
  },
})
const rounds = Number(values.rounds)
const launches = 40
const compared = values.pools.split(',').filter((name): name is Pool => Object.hasOwn(poolWords, name))

printHeader()
for (const name of values.suite.split(',')) await run(name)

async function run(name: string): Promise<void> {
  if (name === 'memory') {
    for (const environment of ['node', 'jsdom'] as const) await compareMemory(environment, rounds)
    return
  }
  if (name === 'network') return printNetworkCost(launches)
  if (name === 'where') {
    await printLaunchCost(launches)
    for (const name of ['trivial', 'jsdom'] as const) await printWhereTimeGoes(name, sized(name), rounds)
    return
  }
  if (!Object.hasOwn(timedSuites, name)) throw new Error(`--suite: there is no "${name}"`)
  for (const workers of values.workers.split(',').map(Number))
    await comparePools({ name, suite: sized(name as keyof typeof timedSuites), pools: compared, workers, rounds })
}

/** The CPU-heavy files are few and long: their number stays. */
function sized(name: keyof typeof timedSuites) {
  const suite = timedSuites[name]
  return values.files && name !== 'cpu' ? { ...suite, files: Number(values.files) } : suite
}
