// How exactly limits are held. Figures, never a verdict.
//   npm run bench:limits -- [--seconds 3] [--mechanism emulated]

import { parseArgs } from 'node:util'
import { cpuLoads, memoryLoads } from '../support/loads.ts'
import { Emulated } from './limits-emulated.ts'
import type { Mechanism } from './limits-mechanism.ts'
import { median, printHeader, printTable } from './report.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    mechanism: { type: 'string', default: 'emulated' },
    rounds: { type: 'string', default: '3' },
  },
})
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
const MiB = 1 << 20
/** Milliseconds. */
const periods = [20, 50, 100, 250]
const mechanisms: Record<string, () => Mechanism> = { emulated: () => new Emulated() }
const make = mechanisms[values.mechanism]
if (!make) throw new Error(`--mechanism is ${values.mechanism}: it must be ${Object.keys(mechanisms).join(' or ')}`)

const mechanism = make()
printHeader([`limits held by: ${mechanism.name}`])
try {
  await printCpu(mechanism)
  await printPeriods(mechanism)
  await printMemory(mechanism)
  await printLaunch(mechanism)
} finally {
  await mechanism.close()
}

/** Asked share by load: CPU time over wall time. */
async function printCpu({ run }: Mechanism): Promise<void> {
  const rows: string[][] = []
  for (const share of [0.1, 0.25, 0.5, 1, 1.5]) {
    const cells: string[] = []
    for (const load of Object.values(cpuLoads)) {
      const { cpuMicros, wallMs } = await run({ cpu: { share, periodMs: 100 } }, load(seconds))
      cells.push((cpuMicros / 1000 / wallMs).toFixed(3))
    }
    rows.push([String(share), ...cells])
  }
  console.log(`\nCPU time over wall time, ${seconds} s each, periods of 100 ms`)
  printTable(['share asked', ...Object.keys(cpuLoads)], rows)
}

async function printPeriods({ run }: Mechanism): Promise<void> {
  const rows: string[][] = []
  for (const periodMs of periods) {
    const busy = await run({ cpu: { share: 0.25, periodMs } }, cpuLoads['eight processes']?.(seconds) ?? [])
    const idle = await run({ cpu: { share: 0.25, periodMs } }, ['/bin/sleep', String(seconds)])
    rows.push([
      String(periodMs),
      (busy.cpuMicros / 1000 / busy.wallMs).toFixed(3),
      (busy.overheadMicros / 10 / busy.wallMs).toFixed(2),
      (idle.overheadMicros / 10 / idle.wallMs).toFixed(2),
    ])
  }
  console.log('\nA share of 0.25, by period; what the one who holds it takes himself, in percent of a processor')
  printTable(['period, ms', 'eight processes', 'its own, %', 'its own when idle, %'], rows)
}

/** What was seen when it ended, and the most that there was, over the cap. */
async function printMemory({ run }: Mechanism): Promise<void> {
  const rows: string[][] = []
  for (const mib of [100, 300]) {
    for (const [name, load] of Object.entries(memoryLoads)) {
      const ratios: number[] = []
      for (let round = 0; round < rounds; round++) {
        const { peak } = await run({ memory: mib * MiB }, load(10 * mib))
        if (peak !== undefined) ratios.push(peak / (mib * MiB))
      }
      rows.push([String(mib), name, ...[Math.min(...ratios), median(ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2))])
    }
  }
  console.log(`\nMost memory seen over the cap, by programs that want ten times the cap, ${rounds} rounds`)
  printTable(['cap, MiB', 'load', 'min', 'median', 'max'], rows)
}

/** What limits cost a sandbox that does nothing. */
async function printLaunch({ run }: Mechanism): Promise<void> {
  const kinds = {
    none: {},
    cpu: { cpu: { share: 0.5, periodMs: 100 } },
    memory: { memory: 500 * MiB },
    'cpus and cpuWeight': { cpus: [0], cpuWeight: 50 },
  }
  const times = new Map(Object.keys(kinds).map((name) => [name, [] as number[]]))
  for (let round = 0; round < 20; round++) {
    for (const [name, limits] of Object.entries(kinds)) times.get(name)?.push((await run(limits, ['/bin/true'])).wallMs)
  }
  console.log('\nOne sandbox with /bin/true, ms')
  printTable(
    ['limits', 'min', 'median'],
    [...times].map(([name, own]) => [name, Math.min(...own).toFixed(1), median(own).toFixed(1)]),
  )
}
