// Failures that are alike, across tests and knobs.

import { createHash } from 'node:crypto'
import { likelyCause } from './causes.ts'
import { effectsOf, inPhase, rateOf } from './effects.ts'
import { headline, normaliseText, rootIn, signatureOf } from './normalise.ts'
import { printKnobs } from './recipe.ts'
import type { Attempt, Cluster } from './results.ts'
import { smallestRecipe } from './smallest-recipe.ts'
import { printTestId, type TestId } from './test-id.ts'
import { type Failure, type Trial, trialsOf } from './trials.ts'

interface FailedTrial extends TestId {
  trial: Trial
  error: string
  signature: string
}

/** Those of most tests first, then those of most failures. */
export function clustersOf(attempts: readonly Attempt[]): Cluster[] {
  const root = rootOf(attempts)
  const failures = trialsOf(attempts).flatMap(({ file, name, trials }) =>
    trials.flatMap((trial) => (trial.failure ? [{ file, name, trial, ...signed(trial.failure, trial.attempt, root) }] : [])),
  )
  return [...Map.groupBy(failures, ({ signature }) => signature).values()]
    .map((alike) => clusterOf(alike, attempts))
    .sort((a, b) => b.tests.length - a.tests.length || b.failures - a.failures)
}

function clusterOf(alike: readonly FailedTrial[], attempts: readonly Attempt[]): Cluster {
  const [{ error, signature }] = alike as [FailedTrial]
  const files = new Set(alike.map(({ trial }) => placeOf(trial.attempt)))
  const failureIn = new Map(alike.map(({ trial }) => [trial.attempt, trial.failure]))
  const trials = attempts
    .filter((attempt) => files.has(placeOf(attempt)))
    .map((attempt) => ({ attempt, failure: failureIn.get(attempt) ?? null }))
  const outcomes = trials.map(({ attempt, failure }) => ({ attempt, failed: failure !== null }))
  const baseline = rateOf(inPhase(outcomes, 'baseline'))
  const knobs = Map.groupBy(alike, ({ trial }) => printKnobs(trial.attempt.order.knobs))
  return {
    id: createHash('sha256').update(signature).digest('hex').slice(0, 8),
    error,
    signature,
    failures: alike.length,
    tests: [...new Set(alike.map(printTestId))],
    knobs: Object.fromEntries([...knobs].map(([text, group]) => [text, group.length])),
    cause: likelyCause({ trials, baseline, effects: effectsOf(outcomes), recipe: smallestRecipe(outcomes) }),
  }
}

function signed({ errors, killedBy }: Failure, { order, result }: Attempt, root: string | null): Pick<FailedTrial, 'error' | 'signature'> {
  const [first] = errors
  if (killedBy === null && first) {
    return { error: headline(first.name, first.message), signature: signatureOf(first, { file: order.file, root }) }
  }
  const cap = result.caps.find(({ fatal }) => fatal)
  const error = cap?.words ?? (killedBy === null ? 'failed without an error' : 'killed, and nobody told why')
  return { error, signature: normaliseText(error, root).replace(/<n> [KMGT]?i?B/g, '<size>') }
}

function rootOf(attempts: readonly Attempt[]): string | null {
  for (const { order, result } of attempts) {
    for (const { stack } of [...result.errors, ...result.tests.flatMap(({ errors }) => errors)]) {
      const root = rootIn(stack, order.file)
      if (root !== null) return root
    }
  }
  return null
}

function placeOf({ order: { project, file } }: Attempt): string {
  return JSON.stringify([project, file])
}
