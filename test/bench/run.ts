// Launch time of one program beside other tools, in one run. Figures, never a verdict.
//   npm run bench:run -- [--rounds 30] [--bwrap PATH] [--files 10,1000,100000]

import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Contestant, field } from './contestants.ts'
import { printOverlayCost } from './overlay-cost.ts'
import { median, printHeader, printTable } from './report.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, bwrap: { type: 'string' }, files: { type: 'string', default: '10,1000,100000' } },
})
const rounds = Number(values.rounds)
const project = mkdtempSync(join(realpathSync(homedir()), '.nsbox-bench-'))

printHeader([`${rounds} interleaved rounds after one that does not count; milliseconds`])
process.chdir(project)
const { contestants, missing } = await field(project, values.bwrap)
for (const reason of missing) console.log(`Not here: ${reason}`)
try {
  for (const command of [['/bin/true'], [process.execPath, '-e', '0']]) printRace(command, await race(contestants, command))
  await printOverlayCost(project, values.files.split(',').map(Number), rounds)
} finally {
  for (const { close } of contestants) await close?.()
  rmSync(project, { recursive: true })
}

/** One after another in each round, so that what disturbs the machine disturbs all alike. */
async function race(field: Contestant[], command: string[]): Promise<Map<string, number[]>> {
  const times = new Map(field.map(({ name }) => [name, [] as number[]]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of field) {
      const started = performance.now()
      await run(command)
      if (round > 0) times.get(name)?.push(performance.now() - started)
    }
  }
  return times
}

function printRace([file = '', ...words]: string[], times: Map<string, number[]>): void {
  const peer = [...times].find(([name]) => name.startsWith('bubblewrap'))?.[1]
  const ratio = (own: number[]) => (peer ? (median(own) / median(peer)).toFixed(2) : '')
  const rows = [...times].map(([name, own]) => [name, Math.min(...own).toFixed(1), median(own).toFixed(1), ratio(own)])
  printTable([[file.split('/').at(-1), ...words].join(' '), 'min', 'median', 'to bubblewrap'], rows)
}
