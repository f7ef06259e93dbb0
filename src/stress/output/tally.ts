// What is counted while a campaign runs, and how long the rest will take.

import { hasFailed } from '../repeat.ts'
import type { Attempt } from '../results.ts'
import { count, percent, shown, testWords, timeWords } from './words.ts'

export interface ProgressPlan {
  /** In all, with those of before a resumption. Null is as many as there is time for. */
  attempts: number | null
  /** When it ends, in milliseconds since the epoch. */
  until?: number | undefined
}

export class Tally {
  readonly #seen = new Set<string>()
  #plan: ProgressPlan = { attempts: null }
  #beganAt: number | undefined
  #runs = 0
  #failures = 0
  /** Those that were run since it began, not read back. */
  #runsNow = 0

  began(plan: ProgressPlan): void {
    this.#plan = plan
    this.#beganAt ??= Date.now()
  }

  /** A line for each failure of a kind that was not met before. */
  add(attempt: Attempt): string[] {
    this.#runs++
    if (Date.parse(attempt.startedAt) >= (this.#beganAt ?? 0)) this.#runsNow++
    if (!hasFailed(attempt)) return []
    this.#failures++
    const fresh = failuresOf(attempt).filter(({ test, what }) => !this.#seen.has(`${test}\n${what}`))
    for (const { test, what } of fresh) this.#seen.add(`${test}\n${what}`)
    return fresh.map(({ test, what }) => `failed: ${test}: ${what}`)
  }

  /** `137 of 400 runs, 3 failures (2.2 %), 4 m 10 s left` */
  get words(): string {
    const { attempts } = this.#plan
    const runs = attempts === null ? count(this.#runs, 'run') : `${this.#runs} of ${count(attempts, 'run')}`
    const rate = this.#runs === 0 ? '' : ` (${percent(this.#failures / this.#runs)})`
    const left = this.#left()
    return `${runs}, ${count(this.#failures, 'failure')}${rate}${left === undefined ? '' : `, ${timeWords(left)} left`}`
  }

  /** Attempts go on side by side, so it is the time between their ends that tells. */
  #left(): number | undefined {
    const { attempts, until } = this.#plan
    const now = Date.now()
    const byClock = until === undefined ? undefined : Math.max(0, until - now)
    if (attempts === null || this.#runsNow === 0 || this.#beganAt === undefined) return byClock
    const byRuns = ((now - this.#beganAt) / this.#runsNow) * Math.max(0, attempts - this.#runs)
    return Math.min(byRuns, byClock ?? Infinity)
  }
}

function failuresOf({ order, result }: Attempt): { test: string; what: string }[] {
  const { file, project } = order
  const tests = result.tests
    .filter(({ state }) => state === 'failed')
    .map(({ name, errors }) => ({
      test: testWords({ file, project, name }),
      what: shown(errors[0]?.message.split('\n')[0] ?? 'it failed'),
    }))
  const whole = testWords({ file, project, name: null })
  const caps = result.caps.filter(({ fatal }) => fatal).map(({ words }) => ({ test: whole, what: shown(words) }))
  const errors = result.errors.map(({ message }) => ({ test: whole, what: shown(message.split('\n')[0] ?? '') }))
  const all = [...tests, ...caps, ...errors]
  return all.length > 0 ? all : [{ test: whole, what: result.end }]
}
