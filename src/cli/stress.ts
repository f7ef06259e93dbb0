// `nsbox stress`: makes the flake happen, measures it, and hands over one line.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseStressFlags, type StressFlags, stressHelp } from '../config/stress-flags.ts'
import { inQuotes, quoted } from '../quoted.ts'
import { FAILED } from '../run/exit-status.ts'
import type { CampaignSetting } from '../stress/attempt.ts'
import { AttemptPool } from '../stress/attempt-pool.ts'
import { Campaign, type CampaignOptions } from '../stress/campaign.ts'
import { exitStatus, exitStatusOf } from '../stress/exit-status.ts'
import { progressFor } from '../stress/output/progress.ts'
import type { Results } from '../stress/results.ts'
import { anySeed } from '../stress/seeds.ts'
import { AttemptStore, storedPlan } from '../stress/store.ts'
import { findIn } from './find-tests.ts'
import { interruption } from './interruption.ts'
import { outputDirectory } from './output-directory.ts'
import { print } from './print.ts'
import { callersEnvironment } from './restart.ts'
import { tellResults } from './tell-results.ts'

const where = 'nsbox stress'

/** The exit code. @throws NsboxError for what is wrong with the words or the project */
export async function runStress(words: string[]): Promise<number> {
  const flags = parseStressFlags(words)
  if (!flags.help) return campaign(flags, words)
  print(stressHelp())
  return exitStatus.stable
}

async function campaign(flags: StressFlags, command: string[]): Promise<number> {
  const directory = outputDirectory(flags.output)
  const log = join(directory, 'attempts.jsonl')
  const setting = settingOf(flags)
  const options = optionsOf(flags, flags.seed ?? (flags.resume ? storedPlan(log).seed : anySeed()))
  const progress = progressFor(process.stderr, process.env)
  const say = (text: string) => progress.say(text)
  const pool = new AttemptPool(setting, { jobs: flags.jobs, env: callersEnvironment(), say })
  const signal = interruption(() => void pool.close())
  try {
    const found = await findIn(pool, signal, where)
    if (typeof found === 'number') return found
    if (found.targets.length === 0) {
      console.error(
        `${where}: no test file matches ${flags.filters.length > 0 ? flags.filters.map(quoted).join(', ') : "the project's own patterns"}`,
      )
      return exitStatus.noTests
    }
    const about = { nsbox: version(), command: ['stress', ...command] }
    const store = new AttemptStore(log, say)
    const made = new Campaign(options, { pool, found, setting, store, progress, signal, about })
    const { results, failure } = await made.run(flags.resume)
    await pool.close()
    const isWritten = tellResults(results, { where, directory, root: found.root, json: flags.json })
    if (failure !== undefined) throw failure
    if (!hasTests(results)) return noTestMatched(flags)
    const status = exitStatusOf(results)
    return status === exitStatus.stable && !isWritten ? FAILED : status
  } finally {
    await pool.close()
  }
}

/** What nobody asked for by name is left out where it cannot be turned, and said: a sweep is of what there is. */
function settingOf({ vitest, filters, testNamePattern, prefer, values }: StressFlags): CampaignSetting {
  const isSweep = Object.keys(values).length === 0
  return { cwd: process.cwd(), words: vitest, filters, testNamePattern, seal: prefer || isSweep ? 'prefer' : 'require' }
}

function optionsOf({ values, runs, duration, budget, untilFail, shard, timeout }: StressFlags, seed: number): CampaignOptions {
  return { values, runs, duration, budget, untilFail, seed, shard: shard ?? null, timeout }
}

function hasTests({ attempts, endedEarly }: Results): boolean {
  return (
    endedEarly !== null || attempts.some(({ result }) => result.end !== 'passed' || result.tests.some(({ state }) => state !== 'skipped'))
  )
}

function noTestMatched({ testNamePattern }: StressFlags): number {
  console.error(
    `${where}: ${testNamePattern === undefined ? 'the files have no tests' : `no test matches -t ${inQuotes(testNamePattern)}`}`,
  )
  return exitStatus.noTests
}

function version(): string {
  return (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version
}
