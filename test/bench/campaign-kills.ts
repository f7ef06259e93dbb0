// Campaigns whose worker processes are killed at random, on a busy machine: each has to end with its report, or with words and no success.
//   node test/bench/campaign-kills.ts [--campaigns 200] [--hogs 4] [--kills 3] [--jobs 2] [--seed 1]
// Exits with 1 when one did not.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { seededRandom } from '../../src/random.ts'
import { childrenOf } from '../../src/sys/descendants.ts'
import { command } from '../support/command.ts'
import { fixture, trivial } from './fixture.ts'
import { printHeader } from './report.ts'

const { values } = parseArgs({
  options: {
    campaigns: { type: 'string', default: '200' },
    hogs: { type: 'string', default: '4' },
    kills: { type: 'string', default: '3' },
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
  },
})
const [campaigns, hogs, kills, seed] = [values.campaigns, values.hogs, values.kills, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
]
/** A campaign takes some ten seconds of CPU time. One that takes this long, in milliseconds, hangs. */
const limit = 600_000
/** From its start, in milliseconds: the time within which workers are killed. */
const span = 20_000
const random = seededRandom(seed, 'kills')
const ends = new Map<string, number>()
const wrong: string[] = []
let allKilled = 0

printHeader([
  `${campaigns} campaigns, ${values.jobs} jobs, ${hogs} busy loops beside them, up to ${kills} workers killed in each, seed ${seed}`,
])
const busy = Array.from({ length: hogs }, () => spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }))
const project = await fixture('node', 2, trivial)
try {
  for (let number = 0; number < campaigns; number++) await campaign(number)
} finally {
  for (const hog of busy) hog.kill('SIGKILL')
  await project.remove()
}
for (const [end, count] of ends) console.log(`${count} × ${end}`)
console.log(`${allKilled} workers killed`)
for (const one of wrong) console.log(one)
process.exitCode = wrong.length === 0 ? 0 : 1

async function campaign(number: number): Promise<void> {
  const out = join(project.path, 'out')
  rmSync(out, { recursive: true, force: true })
  const [program, ...words] = command
  const flags = ['--config', 'nsbox.config.js', '--jobs', values.jobs, '--tz', 'UTC', '--runs', '4', '--output', out]
  const child = spawn(program, [...words, 'stress', ...flags], { cwd: project.path, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk: Buffer) => (said[name] += chunk.toString()))
  const ended = once(child, 'close') as Promise<[number | null, string | null]>
  const over = new AbortController()
  const killing = killWorkers(child.pid as number, over.signal)
  const [code, signal] = (await Promise.race([ended, delay(limit, undefined, { ref: false })])) ?? [null, 'hangs']
  over.abort()
  child.kill('SIGKILL')
  const killed = await killing
  allKilled += killed
  const hasReport = /^Runs {3}/m.test(said.stdout)
  const end = `${signal ?? `exit code ${code}`}, ${hasReport ? 'a report' : said.stderr.trim() ? 'words' : 'nothing'}`
  ends.set(end, (ends.get(end) ?? 0) + 1)
  const isRight = code === 0 ? hasReport : code !== null && said.stderr.trim() !== ''
  if (!isRight) wrong.push(`campaign ${number}, ${killed} workers killed: ${end}\n${said.stdout}${said.stderr}`)
}

/** Returns how many. */
async function killWorkers(pid: number, signal: AbortSignal): Promise<number> {
  const moments = Array.from({ length: Math.floor(random() * (kills + 1)) }, () => random() * span).toSorted((a, b) => a - b)
  let [killed, before] = [0, 0]
  for (const moment of moments) {
    await delay(moment - before, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) break
    before = moment
    const workers = childrenOf(pid)
    const one = workers[Math.floor(random() * workers.length)]
    if (one === undefined) continue
    process.kill(one, 'SIGKILL')
    killed++
  }
  return killed
}
