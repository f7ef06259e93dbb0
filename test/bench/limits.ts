// How exactly limits are held. Figures, never a verdict.
//   npm run bench:limits -- [--seconds 3] [--rounds 3] [--parts cpu,periods,memory,neighbour,launch]
//   npm run lab -- uml systemd --bench limits -- --mechanism cgroup   in a guest of test/lab, where cgroups are

import { parseArgs } from 'node:util'
import { cpuLoads, memoryLoads } from '../support/loads.ts'
import { ByCgroup } from './limits-cgroup.ts'
import { Emulated } from './limits-emulated.ts'
import type { Mechanism } from './limits-mechanism.ts'
import { median, printHeader, printTable } from './report.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3' },
    mechanism: { type: 'string', default: 'emulated' },
    rounds: { type: 'string', default: '3' },
    parts: { type: 'string', default: 'cpu,periods,memory,neighbour,launch' },
  },
})
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)]
const MiB = 1 << 20
/** Milliseconds. */
const periods = [20, 50, 100, 250]
const mechanisms: Record<string, () => Mechanism> = { emulated: () => new Emulated(), cgroup: () => new ByCgroup() }
const make = mechanisms[values.mechanism]
if (!make) throw new Error(`--mechanism is ${values.mechanism}: it must be ${Object.keys(mechanisms).join(' or ')}`)

const bombs: Record<string, string[]> = {
  'fork bomb': ['/bin/bash', '-c', 'b() { b | b & }; while :; do b; done 2>/dev/null'],
  'memory bomb': memoryLoads['buffers']?.(4096) ?? [],
  'file writer': [
    '/bin/sh',
    '-c',
    'mkdir -p /tmp/d; cd /tmp/d; while :; do i=0; while [ $i -lt 100000 ]; do echo > "$i"; i=$((i+1)); done; done',
  ],
}
/** The kernel sets root none by RLIMIT_NPROC (getrlimit(2)). */
const pids = values.mechanism === 'emulated' && process.getuid?.() === 0 ? {} : { pids: 100 }
const parts: Record<string, (mechanism: Mechanism) => Promise<void>> = {
  cpu: printCpu,
  periods: printPeriods,
  memory: printMemory,
  neighbour: printNeighbour,
  launch: printLaunch,
}
const mechanism = make()
printHeader([`limits held by: ${mechanism.name}`])
try {
  for (const name of values.parts.split(',')) {
    const part = parts[name]
    if (!part) throw new Error(`--parts has ${name}: it must be of ${Object.keys(parts).join(', ')}`)
    await part(mechanism)
  }
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

/** Milliseconds. Of the same kind each time: it is compiled before it is measured. */
function work(): number {
  const started = performance.now()
  let sum = 0
  for (let i = 0; i < 3e8; i++) sum = (sum + i) & 0xffff
  if (sum < 0) throw new Error('never')
  return performance.now() - started
}

/** How fast somebody works beside a program that would take everything, in a box of a tenth of a processor. */
async function printNeighbour({ run }: Mechanism): Promise<void> {
  for (let i = 0; i < 3; i++) work()
  const rows: string[][] = []
  for (const [name, bomb] of Object.entries(bombs)) {
    const alone = work()
    const boxed = run({ cpu: { share: 0.1, periodMs: 100 }, memory: 128 * MiB, ...pids }, ['timeout', '-s', 'KILL', '6', ...bomb]).catch(
      () => undefined,
    )
    await new Promise((resolve) => setTimeout(resolve, 2500))
    const beside = work()
    rows.push([name, alone.toFixed(0), beside.toFixed(0), (alone / beside).toFixed(2)])
    await boxed
  }
  console.log('\nWork of a neighbour, ms, alone and beside a bomb that is held to 0.1 processors, 128 MiB and 100 processes')
  printTable(['bomb', 'alone', 'beside', 'speed kept'], rows)
}

/** What limits cost a sandbox that does nothing. */
async function printLaunch({ run }: Mechanism): Promise<void> {
  const kinds = {
    none: {},
    cpu: { cpu: { share: 0.5, periodMs: 100 } },
    memory: { memory: 500 * MiB },
    cpuWeight: { cpuWeight: 50 },
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
