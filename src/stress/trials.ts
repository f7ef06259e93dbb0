// All attempts, by test: what each of them tells of it.

import type { AttemptError, AttemptResult, TestResult } from './attempt.ts'
import type { Attempt } from './results.ts'

/** A test, or a file as a whole, and every attempt that told of it. One that skipped it tells nothing. */
export interface Trials {
  file: string
  project: string
  /** `suite > name`; null is the file: its import, its hooks, and what ended it. */
  name: string | null
  line: number | null
  trials: Trial[]
}

export interface Trial {
  attempt: Attempt
  failure: Failure | null
  /** Milliseconds until it passed or failed; null for a file. */
  durationMs: number | null
}

export interface Failure {
  errors: AttemptError[]
  killedBy: Killer | null
}

/** `unknown`: nobody told what ended the worker. */
export type Killer = AttemptResult['caps'][number]['limit'] | 'unknown'

/** In the order in which they were met, a file before its tests. A file is told of only where it failed. */
export function trialsOf(attempts: readonly Attempt[]): Trials[] {
  const files = new Map<string, { whole: Trials; tests: Map<string, Trials> }>()
  for (const attempt of attempts) {
    const { file, project } = attempt.order
    const nobody = (name: string | null, line: number | null): Trials => ({ file, project, name, line, trials: [] })
    const { whole, tests } = entry(files, JSON.stringify([project, file]), () => ({ whole: nobody(null, null), tests: new Map() }))
    whole.trials.push({ attempt, failure: failureOfFile(attempt.result), durationMs: null })
    for (const [name, results] of byName(attempt.result.tests)) {
      const test = entry(tests, name, () => nobody(name, null))
      test.line ??= results[0]?.line ?? null
      const durationMs = longest(results)
      test.trials.push({ attempt, failure: failureOfTest(attempt.result, results), durationMs })
    }
  }
  return [...files.values()].flatMap(({ whole, tests }) => [
    ...(whole.trials.some(({ failure }) => failure !== null) ? [whole] : []),
    ...tests.values(),
  ])
}

export function longest(results: readonly TestResult[]): number {
  return Math.max(0, ...results.map(({ durationMs }) => durationMs))
}

/** More than knobs slow a program down: a test that takes so much longer than it ever took to pass waits for what never comes. */
const mostSlowed = 100

/** Milliseconds that the test took at most when it passed, where one that ran into its time limit took more than knobs explain. */
export function usualOfEndless({ durationMs }: Trial, trials: readonly Trial[]): number | null {
  const usual = Math.max(...trials.flatMap((trial) => (trial.failure || trial.durationMs === null ? [] : [trial.durationMs])))
  return durationMs !== null && usual >= 0 && durationMs > mostSlowed * Math.max(1, usual) ? usual : null
}

/** Several have one name in files that say it twice, and with twins: then one failure is enough. */
function byName(tests: readonly TestResult[]): Map<string, TestResult[]> {
  const ran = tests.filter(({ state }) => state !== 'skipped')
  return Map.groupBy(ran, ({ name }) => name)
}

function failureOfTest(result: AttemptResult, results: readonly TestResult[]): Failure | null {
  const failed = results.filter(({ state }) => state === 'failed')
  if (failed.length === 0) return null
  const errors = failed.flatMap((test) => test.errors)
  const killer = killerOf(result)
  // The test that ran when its worker was killed has no error of its own, or one in the words of the cap.
  const told = errors.some(({ message }) => !result.caps.some(({ fatal, words }) => fatal && message.includes(words)))
  return { errors, killedBy: told ? null : killer }
}

function failureOfFile(result: AttemptResult): Failure | null {
  const killedBy = killerOf(result)
  const silent = result.end === 'failed' && !result.tests.some(({ state }) => state === 'failed')
  return killedBy || silent || result.errors.length > 0 ? { errors: result.errors, killedBy } : null
}

function killerOf({ end, caps }: AttemptResult): Killer | null {
  if (end !== 'killed') return null
  return caps.find(({ fatal }) => fatal)?.limit ?? 'unknown'
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const value = map.get(key) ?? make()
  map.set(key, value)
  return value
}
