// What came of one test in one attempt, and rates over many.

import type { AttemptError } from '../attempt.ts'
import type { Attempt, Rate, TestVerdict } from '../results.ts'
import { wilson } from '../statistics.ts'
import { hasFailed } from './words.ts'

export interface Outcome {
  failed: boolean
  errors: AttemptError[]
}

/** Undefined where it did not run. A file as a whole failed where none of its tests says why. */
export function outcomeOf(attempt: Attempt, { file, project, name }: Pick<TestVerdict, 'file' | 'project' | 'name'>): Outcome | undefined {
  const { order, result } = attempt
  if (order.file !== file || order.project !== project) return undefined
  if (name === null) {
    const failed = hasFailed(attempt) && !result.tests.some(({ state }) => state === 'failed')
    return { failed, errors: failed ? result.errors : [] }
  }
  const test = result.tests.find((one) => one.name === name)
  if (!test || test.state === 'skipped') return undefined
  return { failed: test.state === 'failed', errors: test.errors }
}

export function rateOver(attempts: readonly Attempt[], failed: (attempt: Attempt) => boolean | undefined): Rate {
  const ran = attempts.map(failed).filter((one) => one !== undefined)
  const count = ran.filter(Boolean).length
  return { failed: count, runs: ran.length, interval: wilson(count, ran.length) }
}
