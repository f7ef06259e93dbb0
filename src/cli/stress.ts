// `nsbox stress`: makes the flake happen, measures it, and hands over one line.

import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseStressFlags, type StressFlags, stressFlagsHelp } from '../config/stress-flags.ts'
import type { ResolvedStressOptions } from '../config/stress-schema.ts'
import { describeError, NsboxError } from '../errors.ts'
import { FAILED } from '../run/exit-status.ts'
import type { CampaignSetting, Found } from '../stress/attempt.ts'
import { AttemptPool } from '../stress/attempt-pool.ts'
import { Campaign, type CampaignOptions } from '../stress/campaign.ts'
import { exitStatus, exitStatusOf } from '../stress/exit-status.ts'
import { progressFor } from '../stress/output/progress.ts'
import { reportText } from '../stress/output/report.ts'
import { writeOutputs } from '../stress/output/write-all.ts'
import type { Results } from '../stress/results.ts'
import { anySeed } from '../stress/seeds.ts'
import { AttemptStore, storedPlan } from '../stress/store.ts'
import { interruption } from './interruption.ts'
import { callersEnvironment } from './restart.ts'
import { startFailure } from './start-failure.ts'

const where = 'nsbox stress'

/** The exit code. */
export async function runStress(words: string[]): Promise<number> {
  try {
    const flags = parseStressFlags(words, where)
    if (flags.help) {
      console.log(help())
      return exitStatus.stable
    }
    return await campaign(flags, words)
  } catch (error) {
    if (!NsboxError.is(error) || error.stage !== 'config') throw error
    console.error(`${error.message.startsWith(where) ? '' : `${where}: `}${describeError(error)}`)
    return exitStatus.usage
  }
}

async function campaign(flags: StressFlags, command: string[]): Promise<number> {
  const directory = resolve(flags.output)
  const log = join(directory, 'attempts.jsonl')
  const setting = settingOf(flags)
  const options = optionsOf(flags, flags.seed ?? (flags.resume ? storedPlan(log).seed : anySeed()))
  const progress = progressFor(process.stderr, process.env)
  const say = (text: string) => progress.say(text)
  const pool = new AttemptPool(setting, { jobs: flags.jobs, env: callersEnvironment(), say })
  const signal = interruption(() => void pool.close())
  try {
    const found = await find(pool, signal)
    if (typeof found === 'number') return found
    if (found.targets.length === 0) {
      console.error(`${where}: no test file matches ${flags.filters.length > 0 ? flags.filters.join(', ') : "the project's own patterns"}`)
      return exitStatus.noTests
    }
    const about = { nsbox: version(), command: ['stress', ...command] }
    const store = new AttemptStore(log, say)
    const made = new Campaign(options, { pool, found, setting, store, progress, signal, about })
    const { results, failure } = await made.run(flags.resume)
    await pool.close()
    report(results, directory, found, flags)
    if (failure === undefined) return hasTests(results) ? exitStatusOf(results) : noTestMatched(flags)
    console.error(`${where}: ${describeError(failure)}`)
    return NsboxError.is(failure) && ['ERR_NSBOX_CONFIG', 'ERR_NSBOX_LIMIT'].includes(failure.code) ? exitStatus.usage : FAILED
  } finally {
    await pool.close()
  }
}

/** A number is the exit code of what stood in the way. */
async function find(pool: AttemptPool, signal: AbortSignal): Promise<Found | number> {
  try {
    return await pool.find()
  } catch (error) {
    if (signal.aborted) return exitStatus.interrupted
    return startFailure(error, where)
  }
}

/** What nobody asked for by name is left out where it cannot be turned, and said: a sweep is of what there is. */
function settingOf({ words, filters, testNamePattern, prefer, values }: StressFlags): CampaignSetting {
  const isSweep = Object.keys(values).length === 0
  return { cwd: process.cwd(), words, filters, testNamePattern, seal: prefer || isSweep ? 'prefer' : 'require' }
}

function optionsOf({ values, runs, duration, budget, untilFail, shard, timeout }: StressFlags, seed: number): CampaignOptions {
  return { values, runs, duration, budget, untilFail, seed, shard: shard ?? null, timeout }
}

function hasTests({ attempts, endedEarly }: Results): boolean {
  return (
    endedEarly !== null || attempts.some(({ result }) => result.end !== 'passed' || result.tests.some(({ state }) => state !== 'skipped'))
  )
}

function noTestMatched({ testNamePattern }: ResolvedStressOptions): number {
  console.error(
    `${where}: ${testNamePattern === undefined ? 'the files have no tests' : `no test matches -t ${JSON.stringify(testNamePattern)}`}`,
  )
  return exitStatus.noTests
}

function report(results: Results, directory: string, { root }: Found, { json }: ResolvedStressOptions): void {
  if (json) process.stdout.write(`${JSON.stringify(results)}\n`)
  else
    process.stdout.write(
      reportText(results, { color: process.stdout.isTTY === true && !process.env['NO_COLOR'], columns: process.stdout.columns }),
    )
  const { files, problems } = writeOutputs(results, directory, {
    env: process.env,
    root,
    ...(json && { print: (text: string) => void process.stderr.write(text) }),
  })
  for (const problem of problems) console.error(`${where}: ${problem}`)
  if (files.length > 0) console.error(`written to ${directory}`)
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

function help(): string {
  return `Usage: nsbox stress [files] [-t name] [flags] [-- vitest's own words]

Runs tests many times in sealed sandboxes: first as they are, then with one knob after the other
turned. What fails now and then is run again until the fewest and weakest knobs are known under which
it does, and handed over as one line for nsbox repro. Without knobs it is a sweep of 20 runs of each
file; with them, all combinations of their values.

${stressFlagsHelp()}

--config, --root, --project, --dir, --mode and --nsbox.NAME=VALUE are given to vitest.
Exit code: 0 all passed, 1 something is flaky, 2 wrong usage or config, 3 something fails without any
knob, 4 no test matched, 77 no sandbox can be had here, 130 interrupted.`
}
