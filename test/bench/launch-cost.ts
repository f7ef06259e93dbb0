// What one sandbox costs with no vitest in the way: fork, seal, first message, end.

import { readFileSync } from 'node:fs'
import { Plans } from '../../src/launch/plans.ts'
import { type ForkPayload, ZygoteProcess } from '../../src/launch/zygote-process.ts'
import type { SandboxRequest } from '../../src/plan/request.ts'
import type { ZygoteMode } from '../../src/zygote/v8-flags.ts'
import type { Load } from './launch-payload.ts'
import { median, printTable, repository } from './report.ts'

const mode: ZygoteMode = 'threads'
const warmup = 3
/** A sandbox that says nothing for this long will never, in milliseconds. */
const patience = 10_000
const payloadUrl = new URL('./launch-payload.ts', import.meta.url).href

const request: SandboxRequest = {
  seal: 'require',
  uid: 'root',
  net: 'none',
  hostname: 'nsbox',
  overlays: [repository],
  passThrough: [],
  visible: [],
  cwd: repository,
}

interface LaunchTimes {
  /** Milliseconds from the call to the payload's first message; NaN where it sends none. */
  born: number
  /** Milliseconds from the call to the last sign of the sandbox. */
  ended: number
}

export async function printLaunchCost(launches: number): Promise<void> {
  const bare: Load = { vitest: false, jsdom: false }
  const cases: [name: string, load: Load, payload: ForkPayload][] = [
    ['bare zygote, exec /bin/true', bare, { kind: 'exec', file: '/bin/true', argv: ['true'], env: {} }],
    ['bare zygote, node', bare, { kind: 'preloaded', data: undefined }],
    ['zygote with vitest, node', { vitest: true, jsdom: false }, { kind: 'preloaded', data: undefined }],
    ['zygote with vitest and jsdom, node', { vitest: true, jsdom: true }, { kind: 'preloaded', data: undefined }],
  ]
  const rows: string[][] = []
  for (const [name, load, payload] of cases) {
    const serial = await launchMany(load, payload, launches, 1)
    const ahead = await launchMany(load, payload, launches, 2)
    const born = median(serial.times.map((time) => time.born))
    const ended = median(serial.times.map((time) => time.ended))
    rows.push([name, Number.isNaN(born) ? '' : born.toFixed(1), ended.toFixed(1), serial.each.toFixed(1), ahead.each.toFixed(1)])
  }
  console.log(`\none sandbox under the full seal, run from source, ms, ${launches} launches each`)
  printTable(['', 'to first message', 'to its end', 'each, one at a time', 'each, two in flight'], rows)
}

const blocks = 6

/** In turn, so that what disturbs the machine disturbs all alike. CPU time is that of all processes of the sandboxes, their sealing too. */
export async function printNetworkCost(launches: number): Promise<void> {
  const cases = { "net: 'host'": 'host', "net: 'localhost'": 'localhost', "net: 'none'": 'none' } as const
  const found = Object.entries(cases).map(([name, net]) => ({ name, net, born: [] as number[], cpu: [] as number[] }))
  const plans = new Plans(request, process.env)
  const payload: ForkPayload = { kind: 'preloaded', data: undefined }
  const zygote = new ZygoteProcess({
    mode,
    env: process.env,
    execArgv: [],
    preload: { url: payloadUrl, data: { vitest: false, jsdom: false } },
  })
  try {
    await zygote.prepared
    for (let block = -1; block < blocks; block++) {
      for (const { net, born, cpu } of block % 2 ? found : found.toReversed()) {
        const before = childrenCpu(zygote.pid)
        const times = []
        for (let index = 0; index < launches; index++) times.push((await launchOne(zygote, plans, payload, { net })).born)
        // The first round does not count.
        if (block < 0) continue
        born.push(...times)
        cpu.push((childrenCpu(zygote.pid) - before) / launches)
      }
    }
  } finally {
    await zygote.close()
    plans.close()
  }
  console.log(`\none sandbox of a warm node by its network, run from source, ms, ${blocks * launches} launches each`)
  printTable(
    ['', 'to first message, min', 'median', 'CPU time'],
    found.map(({ name, born, cpu }) => [name, Math.min(...born).toFixed(2), median(born).toFixed(2), median(cpu).toFixed(2)]),
  )
}

/** Of children that have ended and were waited for, in milliseconds (proc_pid_stat(5), cutime and cstime). */
function childrenCpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}

async function launchMany(
  load: Load,
  payload: ForkPayload,
  count: number,
  inFlight: number,
): Promise<{ times: LaunchTimes[]; each: number }> {
  const plans = new Plans(request, process.env)
  const zygote = new ZygoteProcess({ mode, env: process.env, execArgv: [], preload: { url: payloadUrl, data: load } })
  try {
    await zygote.prepared
    for (let index = 0; index < warmup; index++) await launchOne(zygote, plans, payload)
    const times: LaunchTimes[] = []
    const started = performance.now()
    const lane = async () => {
      while (times.length + inFlight <= count) times.push(await launchOne(zygote, plans, payload))
    }
    await Promise.all(Array.from({ length: inFlight }, lane))
    return { times, each: (performance.now() - started) / times.length }
  } finally {
    await zygote.close()
    plans.close()
  }
}

async function launchOne(
  zygote: ZygoteProcess,
  plans: Plans,
  payload: ForkPayload,
  change: Partial<SandboxRequest> = {},
): Promise<LaunchTimes> {
  const { plan, release } = plans.next(change)
  const started = performance.now()
  const sandbox = zygote.launch(plan, payload)
  let born = Number.NaN
  sandbox.channel.on(() => {
    born = performance.now() - started
    sandbox.kill()
  })
  const timer = setTimeout(() => sandbox.kill(), patience)
  const { exitCode, error } = await sandbox.ended
  clearTimeout(timer)
  const ended = performance.now() - started
  release()
  if (error && payload.kind === 'exec') throw new Error(`a sandbox failed: ${error.message}`)
  if (payload.kind === 'exec' ? exitCode !== 0 : Number.isNaN(born)) throw new Error(`a sandbox ended early: ${error?.message ?? exitCode}`)
  return { born, ended }
}
