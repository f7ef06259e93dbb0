// What `nsbox repro` has seen, in lines.

import { oneLine } from '../quoted.ts'
import type { AttemptResult } from './attempt.ts'
import type { Knobs } from './knobs.ts'
import { rateWords, sizeWords, timeWords } from './output/words.ts'
import { printKnob, printRecipe } from './recipe.ts'
import { hasFailed, type Run } from './repeat.ts'
import type { Rate } from './results.ts'
import { runsForConfidence, upperBound, wilson } from './statistics.ts'

export const confidence = 0.95

export function rateOf(done: readonly Pick<Run, 'result'>[]): Rate {
  const failed = done.filter(hasFailed).length
  return { failed, runs: done.length, interval: wilson(failed, done.length) }
}

/** `failed 1/7, 14 % [2.6–51 %]`; without a failure, `0 of 59: below 5 % with 95 % confidence`. */
export function rateSentence(rate: Rate): string {
  return rate.failed > 0 ? `failed ${rateWords(rate)}` : `0 of ${rate.runs}: below ${boundWords(rate.runs)} with 95 % confidence`
}

/** Of the failure rate, where none of so many runs failed. Rounded up: it is a promise. */
export function boundWords(runs: number): string {
  const bound = upperBound(runs, confidence) * 100
  const unit = bound >= 10 ? 1 : bound >= 1 ? 10 : 100
  return `${Math.ceil(bound * unit) / unit} %`
}

/** How many runs a check has: as many as what failed that often would hardly pass. */
export function runsToCheck(recorded: Rate | undefined): number {
  if (!recorded || recorded.failed === 0) return usualCheck
  return Math.min(mostChecked, Math.max(leastChecked, runsForConfidence(recorded.failed / recorded.runs, confidence)))
}

/** They tell of 5 %. */
const usualCheck = 59
const leastChecked = 10
const mostChecked = 1000

/** What was in force in a run, and what it has used. */
export function runLines(knobs: Knobs, { held, notTurned, usage }: AttemptResult): string[] {
  const limits = Object.entries(held).map(([name, by]) => `${name}: ${oneLine(by)}`)
  const missing = notTurned.map(({ knob, why }) => `not turned: ${oneLine(knob)}: ${oneLine(why)}`)
  const { wallMs, cpuMs, throttledMs, memoryPeakBytes } = usage
  const throttled = throttledMs ? [`throttled ${timeWords(throttledMs)}`] : []
  const memory = memoryPeakBytes === null ? [] : [`at most ${sizeWords(memoryPeakBytes)}`]
  return [
    `under ${printRecipe(knobs)}${limits.length > 0 ? ` (${limits.join('; ')})` : ''}`,
    ...missing,
    `it took ${[`${timeWords(wallMs)} wall`, `${timeWords(cpuMs)} CPU`, ...throttled, ...memory].join(', ')}`,
  ]
}

/** What a check says of a fix. */
export function checkLine(rate: Rate, recorded: Rate | undefined): string {
  const before = recorded ? `; before it failed ${rateWords(recorded)}` : ''
  if (rate.failed > 0) return `it still fails: ${rateSentence(rate)}${before}`
  const wanted = recorded && recorded.failed > 0 ? runsForConfidence(recorded.failed / recorded.runs, confidence) : 0
  const isEnough = rate.runs >= wanted
  const verdict = isEnough ? 'the fix holds' : `too few runs to tell, ${wanted} would`
  return `${verdict}: ${rateSentence(rate)}${before}`
}

/** Where nothing has failed: what else to try. */
export function neverLines({ seed }: Knobs, { alone }: { alone: boolean }): string[] {
  const lines: string[] = []
  if (seed !== undefined)
    lines.push(`every run had seed ${printKnob('seed', seed)}; without seed=${seed} in the recipe each has another one`)
  if (alone) lines.push('the test ran alone: what its neighbours do to it shows without --alone')
  return lines
}
