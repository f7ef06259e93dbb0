// `nsbox threshold`: the smallest processor and memory under which test files pass.

import { availableParallelism } from 'node:os'
import { parseThresholdFlags, type ThresholdFlags, thresholdHelp } from '../config/threshold-flags.ts'
import { jsonText, quoted } from '../quoted.ts'
import type { CampaignSetting, Found } from '../stress/attempt.ts'
import { AttemptPool } from '../stress/attempt-pool.ts'
import { exitStatus } from '../stress/exit-status.ts'
import { cpuLadder, memoryLadder } from '../stress/ladder.ts'
import { machineHere } from '../stress/machine-share.ts'
import { type Progress, progressFor } from '../stress/output/progress.ts'
import type { Run } from '../stress/repeat.ts'
import { type FileThresholds, Thresholds } from '../stress/threshold.ts'
import { type ThresholdFindings, thresholdText } from '../stress/threshold-report.ts'
import { findIn } from './find-tests.ts'
import { interruption } from './interruption.ts'
import { print } from './print.ts'
import { callersEnvironment } from './restart.ts'

const where = 'nsbox threshold'

export async function threshold(words: string[]): Promise<number> {
  const flags = parseThresholdFlags(words)
  if (flags.help) {
    print(thresholdHelp())
    return 0
  }
  const progress = progressFor(process.stderr, process.env)
  const say = (line: string) => progress.say(`${where}: ${line}`)
  const pool = new AttemptPool(settingOf(flags), { jobs: flags.jobs, env: callersEnvironment(), say })
  const signal = interruption(() => void pool.close())
  try {
    const found = await findIn(pool, signal, where)
    if (typeof found === 'number') return found
    if (found.targets.length === 0) {
      console.error(`${where}: no test file matches ${flags.filters.map(quoted).join(', ') || "the project's own patterns"}`)
      return exitStatus.noTests
    }
    const findings = await findingsOf(pool, found, flags, signal, progress)
    print(flags.json ? jsonText(findings, 2) : thresholdText(findings))
    if (findings.interrupted) return exitStatus.interrupted
    return findings.files.some(({ baseline }) => baseline.failed > 0) ? exitStatus.broken : exitStatus.stable
  } finally {
    await pool.close()
  }
}

function settingOf({ vitest, filters, testNamePattern, prefer }: ThresholdFlags): CampaignSetting {
  return { cwd: process.cwd(), words: vitest, filters, testNamePattern, seal: prefer ? 'prefer' : 'require' }
}

async function findingsOf(
  pool: AttemptPool,
  { targets }: Found,
  flags: ThresholdFlags,
  signal: AbortSignal,
  progress: Progress,
): Promise<ThresholdFindings> {
  const { runs, only, timeout: timeoutMs } = flags
  let number = 0
  const thresholds = new Thresholds(pool, {
    runs,
    ladders: {
      ...(only !== 'memory' && { cpu: cpuLadder(availableParallelism()) }),
      ...(only !== 'cpu' && { memory: memoryLadder(machineHere().memoryBytes) }),
    },
    lanes: pool.jobs,
    timeoutMs,
    signal,
    ended: ({ order, result }: Run, phase) =>
      progress.attempt({ number: number++, phase, order, result, startedAt: new Date().toISOString() }),
  })
  // How many runs a search takes is not known before.
  progress.began({ attempts: null })
  try {
    const outcomes = await Promise.allSettled(targets.map((target) => thresholds.of(target)))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure && !signal.aborted) throw failure.reason
    const files = outcomes.flatMap((outcome): FileThresholds[] => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const good = files.filter(({ baseline }) => baseline.failed === 0)
    const together = good.length === 0 || signal.aborted ? null : await thresholds.together(good).catch(onlyIf(() => signal.aborted))
    return { version: 1, runs, files, together, interrupted: signal.aborted }
  } finally {
    progress.ended()
  }
}

/** Null for what was interrupted; anything else is thrown on. */
function onlyIf(isInterrupted: () => boolean): (error: unknown) => null {
  return (error) => {
    if (isInterrupted()) return null
    throw error
  }
}
