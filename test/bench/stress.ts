// Over examples/flaky: how many flaky tests the default sweep finds, how soon, what it says of their fixed twins, and what plain reruns
// find in as much CPU time. Then attempts per minute beside a shell loop. Figures, never a verdict.
//   npm run bench:stress -- [--rounds N] [--only name,name] [--seed N] [--loops N]

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dir } from 'tmp-promise'
import { AttemptPool } from '../../src/stress/attempt-pool.ts'
import { printKnobs } from '../../src/stress/recipe.ts'
import type { Attempt, Results } from '../../src/stress/results.ts'
import { wilson } from '../../src/stress/statistics.ts'
import { baselineRuns, sweepRuns } from '../../src/stress/sweep.ts'
import { fixedFile, flakyFile, type Specimen, specimens, zooDirectory } from '../support/zoo.ts'
import { runCommand } from './command.ts'
import { median, printHeader, printTable, repository } from './report.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    loops: { type: 'string', default: '5' },
  },
})
const only = values.only.split(',').filter(Boolean)
const zoo = specimens().filter(({ name }) => only.length === 0 || only.includes(name))
if (zoo.length === 0)
  throw new Error(
    `--only: none of these is there; there are ${specimens()
      .map(({ name }) => name)
      .join(', ')}`,
  )
const seeds = Array.from({ length: Number(values.rounds) }, (_, round) => Number(values.seed) + round)

/** Of one specimen in one round. */
interface Outcome {
  baselineFailed: number
  /** From 1, baseline included; null for none of all. */
  first: number | null
  /** Under what it failed in the sweep. */
  knobs: string[]
  cpuMs: number
  plainRuns: number
  plainFirst: number | null
  /** Failures of the twin, each with its knobs and words. */
  alarms: string[]
  /** Attempts of the twin. */
  twinRuns: number
}

printHeader([
  `${zoo.length} flaky tests with their twins, seeds ${seeds.join(', ')}; ${baselineRuns} plain runs and ${sweepRuns} of the sweep each`,
])
const outcomes = new Map<string, Outcome[]>(zoo.map(({ name }) => [name, []]))
for (const seed of seeds) {
  const { attempts } = await campaign(seed)
  for (const { name } of zoo) outcomes.get(name)?.push(await outcomeOf(name, attempts))
}
await plainReruns()
printSpecimens()
printSums()
printAlarms()
await printSpeed(Number(values.loops))

/** The built command, as a user starts it. */
async function campaign(seed: number): Promise<Results> {
  const output = await dir({ prefix: 'nsbox-bench', unsafeCleanup: true })
  try {
    const files = zoo.flatMap(({ name }) => [flakyFile(name), fixedFile(name)])
    const words = ['stress', ...(only.length > 0 ? files : []), '--seed', String(seed), '--output', output.path]
    console.log(`\n$ cd examples/flaky && nsbox ${words.slice(0, -2).join(' ')}`)
    const ended = await runCommand([process.execPath, join(repository, 'dist/cli.cjs'), ...words], { cwd: zooDirectory, timeout: 7200 })
    const { attempts, ...rest } = JSON.parse(readFileSync(join(output.path, 'results.json'), 'utf8')) as Results
    console.log(`${attempts.length} attempts in ${ended.seconds.toFixed(0)} s, exit code ${ended.exitCode}`)
    for (const line of ended.output.split('\n').filter((line) => line.startsWith('left out:'))) console.log(line)
    return { attempts, ...rest }
  } finally {
    await output.cleanup()
  }
}

async function outcomeOf(name: string, attempts: Attempt[]): Promise<Outcome> {
  const of = (file: string) =>
    attempts
      .filter(({ order, phase }) => order.file === file && (phase === 'baseline' || phase === 'sweep'))
      .sort((one, other) => one.number - other.number)
  const [own, twins] = [of(flakyFile(name)), of(fixedFile(name))]
  const failed = own.filter(isFailure)
  const first = own.findIndex(isFailure)
  return {
    baselineFailed: failed.filter(({ phase }) => phase === 'baseline').length,
    first: first === -1 ? null : first + 1,
    knobs: failed.filter(({ phase }) => phase === 'sweep').map(({ order }) => printKnobs(order.knobs)),
    cpuMs: own.reduce((sum, { result }) => sum + result.usage.cpuMs, 0),
    plainRuns: 0,
    plainFirst: null,
    alarms: twins
      .filter(isFailure)
      .map(({ order, result }) => `${fixedFile(name)} under ${printKnobs(order.knobs) || 'nothing'}: ${why(result)}`),
    twinRuns: twins.length,
  }
}

function isFailure({ result }: Attempt): boolean {
  return result.end !== 'passed'
}

function why({ caps, errors, tests }: Attempt['result']): string {
  const words = [
    ...caps.filter(({ fatal }) => fatal).map((cap) => cap.words),
    ...errors.concat(tests.flatMap((test) => test.errors)).map(({ message }) => message),
  ]
  return words[0]?.split('\n')[0] ?? 'no reason was told'
}

/** Without any knob, in the same sandboxes, until as much CPU time is used as the sweep of the same test took. */
async function plainReruns(): Promise<void> {
  const pool = zooPool(zoo.map(({ name }) => flakyFile(name)))
  try {
    const { targets } = await pool.find()
    const all = targets.flatMap((target) =>
      (outcomes.get(target.file.replace('.flaky.test.ts', '')) ?? []).map((outcome) => ({ target, outcome })),
    )
    await Promise.all(
      Array.from({ length: pool.jobs }, async () => {
        for (let next = all.shift(); next; next = all.shift()) {
          const { target, outcome } = next
          for (let spent = 0; spent < outcome.cpuMs; ) {
            const result = await pool.run({ ...target, knobs: {}, timeoutMs: 60_000 })
            spent += result.usage.cpuMs
            outcome.plainRuns++
            if (result.end !== 'passed') outcome.plainFirst ??= outcome.plainRuns
          }
        }
      }),
    )
  } finally {
    await pool.close()
  }
}

function zooPool(filters: string[], jobs?: number): AttemptPool {
  return new AttemptPool({ cwd: zooDirectory, words: [], filters, testNamePattern: undefined, seal: 'prefer' }, { jobs })
}

function printSpecimens(): void {
  const row = ({ name, knobs }: Specimen) => {
    const own = outcomes.get(name) ?? []
    const found = own.filter(({ first }) => first !== null)
    const plain = own.filter(({ plainFirst }) => plainFirst !== null)
    const under = [...new Set(own.flatMap((outcome) => outcome.knobs))]
    return [
      name,
      knobs.join(', '),
      `${own.reduce((sum, { baselineFailed }) => sum + baselineFailed, 0)} of ${own.length * baselineRuns}`,
      `${found.length} of ${own.length}`,
      found.length === 0 ? '' : median(found.map(({ first }) => first as number)),
      `${plain.length} of ${own.length}`,
      median(own.map(({ plainRuns }) => plainRuns)),
      own.flatMap(({ alarms }) => alarms).length,
      under.join(' | '),
    ]
  }
  printTable(
    [
      'test',
      'meant for',
      'fails plainly',
      'found',
      'first failure at run',
      'plain reruns find',
      'plain runs',
      'false alarms',
      'failed under',
    ],
    zoo.map(row),
  )
}

function printSums(): void {
  const all = [...outcomes.values()].flat()
  const found = all.filter(({ first }) => first !== null)
  const bySweep = all.filter(({ baselineFailed, knobs }) => baselineFailed === 0 && knobs.length > 0)
  const plain = all.filter(({ plainFirst }) => plainFirst !== null)
  const alarms = all.flatMap((outcome) => outcome.alarms)
  const twinRuns = all.reduce((sum, outcome) => sum + outcome.twinRuns, 0)
  printTable(
    ['', 'figure', '95 %', 'to reach'],
    [
      [`found within ${baselineRuns + sweepRuns} runs`, ...share(found.length, all.length), '≥ 90 %'],
      ['of these, by the sweep alone', ...share(bySweep.length, all.length), ''],
      ['first failure at run, median', found.length === 0 ? '' : median(found.map(({ first }) => first as number)), '', ''],
      ['found by plain reruns of as much CPU time', ...share(plain.length, all.length), ''],
      ['ratio to plain reruns', plain.length === 0 ? 'none found' : (found.length / plain.length).toFixed(2), '', '≥ 2'],
      ['runs of fixed twins that failed', ...share(alarms.length, twinRuns), '0'],
    ],
  )
  const missed = zoo.filter(({ name }) => outcomes.get(name)?.every(({ first }) => first === null))
  if (missed.length > 0) console.log(`\nNever found: ${missed.map(({ name, knobs }) => `${name} (${knobs.join(', ')})`).join('; ')}`)
}

function share(part: number, whole: number): [string, string] {
  const percent = (rate: number) => `${(rate * 100).toFixed(1)} %`
  return [`${part} of ${whole} (${percent(part / whole)})`, wilson(part, whole).map(percent).join(' to ')]
}

function printAlarms(): void {
  const alarms = [...outcomes.values()].flat().flatMap((outcome) => outcome.alarms)
  if (alarms.length > 0) console.log('\nFalse alarms:')
  for (const alarm of alarms) console.log(`  ${alarm}`)
}

/** Of one test that takes next to no time itself. */
async function printSpeed(loops: number): Promise<void> {
  const file = fixedFile('order-in-file')
  const started = performance.now()
  for (let loop = 0; loop < loops; loop++) {
    const { exitCode, output } = await runCommand(['npx', 'vitest', 'run', file], { cwd: zooDirectory, timeout: 300 })
    if (exitCode !== 0) throw new Error(`npx vitest run ${file} ended with ${exitCode}:\n${output}`)
  }
  const loop = (loops * 60_000) / (performance.now() - started)
  const rows: (string | number)[][] = [['npx vitest run, in a loop', loops, loop.toFixed(0), '1', '']]
  for (const jobs of [1, undefined]) {
    const pool = zooPool([file], jobs)
    try {
      const [target] = (await pool.find()).targets
      if (!target) throw new Error(`${file} is not found`)
      const run = () => pool.run({ ...target, knobs: {}, timeoutMs: 60_000 })
      // Every worker process has its first, which makes it warm.
      await Promise.all(Array.from({ length: pool.jobs }, run))
      const runs = loops * 20
      const began = performance.now()
      await Promise.all(Array.from({ length: runs }, run))
      const rate = (runs * 60_000) / (performance.now() - began)
      rows.push([`attempts, ${pool.jobs} at once`, runs, rate.toFixed(0), (rate / loop).toFixed(1), jobs === undefined ? '≥ 20' : ''])
    } finally {
      await pool.close()
    }
  }
  printTable([file, 'runs', 'a minute', 'ratio', 'to reach'], rows)
}
