// What all attempts together say of each test.

import { likelyCause } from './causes.ts'
import { effectsOf, inPhase, type Outcome, rateOf } from './effects.ts'
import type { KnobName } from './knobs.ts'
import type { Attempt, TestVerdict, Verdict } from './results.ts'
import { smallestRecipe } from './smallest-recipe.ts'
import { type Failure, type Trial, type Trials, trialsOf, usualOfEndless } from './trials.ts'

/** In the order in which the tests were met. A test that was always skipped is not among them. */
export function verdictsOf(attempts: readonly Attempt[]): TestVerdict[] {
  return trialsOf(attempts).flatMap((test) => {
    const outcomes = test.trials.map(({ attempt, failure }) => ({ attempt, failed: failure !== null }))
    const counted = inPhase(outcomes, 'baseline', 'sweep', 'grid')
    return counted.length === 0 ? [] : [verdictOf(test, outcomes, counted)]
  })
}

function verdictOf({ trials, ...test }: Trials, outcomes: Outcome[], counted: Outcome[]): TestVerdict {
  const verdict = wordFor(trials.filter(({ attempt }) => attempt.phase !== 'confirm' && attempt.phase !== 'shrink'))
  const baseline = rateOf(inPhase(outcomes, 'baseline'))
  const effects = effectsOf(outcomes)
  const flaky = verdict !== 'PASS' && verdict !== 'BROKEN'
  const recipe = flaky ? smallestRecipe(outcomes) : null
  return {
    ...test,
    ...rateOf(counted),
    verdict,
    baseline,
    effects,
    recipe,
    cause: flaky ? likelyCause({ trials, baseline, effects, recipe }) : null,
  }
}

function wordFor(trials: readonly Trial[]): Verdict {
  const failures = trials.filter((trial): trial is Trial & { failure: Failure } => trial.failure !== null)
  const baseline = trials.filter(({ attempt }) => attempt.phase === 'baseline')
  const baselineFailures = baseline.filter(({ failure }) => failure !== null).length
  if (failures.length === 0) return 'PASS'
  // One run of a baseline is not enough to call a test broken that was seen to pass.
  const always = baseline.length > 0 && baselineFailures === baseline.length
  if (always && (baseline.length > 1 || failures.length === trials.length)) return 'BROKEN'
  if (baselineFailures === 0 && failures.every((trial) => ranOutOfTime(trial) && usualOfEndless(trial, trials) === null)) return 'BUDGET'
  return failures.every(({ failure }) => failure.killedBy !== null) ? 'KILLED' : 'FLAKY'
}

/** Knobs that leave a program as it is, and slower. */
const slowing: readonly KnobName[] = ['cpu', 'cores', 'memory', 'freeze', 'uv', 'delay', 'loss', 'twins']

function ranOutOfTime({ attempt, failure: { errors, killedBy } }: Trial & { failure: Failure }): boolean {
  const late = killedBy === null ? errors.length > 0 && errors.every(({ isTimeout }) => isTimeout) : killedBy === 'time'
  return late && slowing.some((name) => attempt.order.knobs[name] !== undefined)
}
