// Memory of a worker while a test file runs: forks' process against a sandbox's two.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { benchEnvironment } from './command.ts'
import { type Environment, fixture, waiting } from './fixture.ts'
import { descendants, type Memory, memoryOf, type ProcessInfo } from './processes.ts'
import { median, printTable } from './report.ts'
import { vitestCommand } from './vitest-run.ts'

const target = 0.35
const marker = 'nsbox-bench-waits'
/** Files before the one that is measured: they make everything warm. */
const filesBefore = 2
/** A sandbox that was forked ahead is given up after a second, and would be counted with the one that runs. */
const settleTime = 1400
const fileTime = 2200

interface Found {
  worker: Memory
  /** What all sandboxes have in common. Of forks there is none. */
  zygote: Memory | undefined
}

export async function compareMemory(environment: Environment, rounds: number): Promise<void> {
  const { path, remove } = await fixture(environment, filesBefore + 1, waiting(marker, fileTime))
  try {
    const found = { forks: [] as Found[], nsbox: [] as Found[] }
    for (let round = 0; round < rounds; round++) for (const pool of ['forks', 'nsbox'] as const) found[pool].push(await measure(path, pool))
    console.log(`\nmemory of a worker, ${environment}, MiB, medians of ${rounds}`)
    printMemory(
      middle(found.forks.map(({ worker }) => worker)),
      middle(found.nsbox.map(({ worker }) => worker)),
      middle(found.nsbox.flatMap(({ zygote }) => zygote ?? [])),
    )
  } finally {
    await remove()
  }
}

async function measure(cwd: string, pool: 'forks' | 'nsbox'): Promise<Found> {
  const [file = '', ...words] = vitestCommand(pool, 1)
  const vitest = spawn(file, words, { cwd, env: benchEnvironment(cwd), stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(vitest, 'close')
  let found: Found | undefined
  let markers = 0
  let output = ''
  for await (const chunk of vitest.stdout) {
    output += chunk
    markers += String(chunk).split(marker).length - 1
    if (markers <= filesBefore || found) continue
    await sleep(settleTime)
    found = pool === 'forks' ? findFork(vitest.pid as number) : findSandbox(vitest.pid as number)
  }
  await closed
  if (!found) throw new Error(`vitest with ${pool} ended before the file that is measured:\n${output}`)
  return found
}

function findFork(vitest: number): Found {
  const forks = descendants(vitest).filter(({ command }) => command.includes('/workers/forks.js'))
  return { worker: memoryOf(only(forks)), zygote: undefined }
}

/** The zygote is a child of vitest; its children are the inits of sandboxes, and theirs the payloads. */
function findSandbox(vitest: number): Found {
  const all = descendants(vitest)
  const zygotes = all.filter(({ parent, command }) => parent === vitest && /\/zygote(\/main)?\.[jt]s /.test(command)).map(({ pid }) => pid)
  const inits = all.filter(({ parent }) => zygotes.includes(parent))
  const [init] = only(inits)
  const payloads = all.filter(({ parent }) => parent === init).map(({ pid }) => pid)
  return { worker: memoryOf([init as number, ...payloads]), zygote: memoryOf(zygotes) }
}

function only(processes: ProcessInfo[]): number[] {
  if (processes.length !== 1) throw new Error(`one worker was expected, ${processes.length} were found`)
  return processes.map(({ pid }) => pid)
}

function middle(memories: Memory[]): Memory {
  const of = (field: keyof Memory) => median(memories.map((memory) => memory[field]))
  return { pss: of('pss'), privateDirty: of('privateDirty'), privateClean: of('privateClean') }
}

function printMemory(forks: Memory, nsbox: Memory, zygote: Memory): void {
  const own = ({ privateDirty, privateClean }: Memory) => privateDirty + privateClean
  const both = {
    pss: nsbox.pss + zygote.pss,
    privateDirty: nsbox.privateDirty + zygote.privateDirty,
    privateClean: nsbox.privateClean + zygote.privateClean,
  }
  const row = (name: string, memory: Memory, ratios: string[]) => [
    name,
    ...[memory.pss, memory.privateDirty, memory.privateClean, own(memory)].map((kib) => (kib / 1024).toFixed(1)),
    ...ratios,
  ]
  printTable(
    ['', 'PSS', 'private dirty', 'private clean', 'private', 'ratio, PSS', 'ratio, private', 'target'],
    [
      row('forks: worker', forks, ['', '', '']),
      row('nsbox: sandbox (init and payload)', nsbox, [
        (nsbox.pss / forks.pss).toFixed(3),
        (own(nsbox) / own(forks)).toFixed(3),
        `≤ ${target}`,
      ]),
      row('nsbox: zygote, one for all', zygote, ['', '', '']),
      row('nsbox: both', both, [(both.pss / forks.pss).toFixed(3), (own(both) / own(forks)).toFixed(3), '']),
    ],
  )
}
