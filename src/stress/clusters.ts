// Failures that are alike, across tests and knobs.

import { createHash } from 'node:crypto'
import { likelyCause } from './causes.ts'
import { effectsOf, inPhase, rateOf } from './effects.ts'
import { headline, normaliseText, rootIn, signatureOf } from './normalise.ts'
import { printKnobs } from './recipe.ts'
import type { Attempt, Cluster } from './results.ts'
import { smallestRecipe } from './smallest-recipe.ts'
import { printTestId, type TestId } from './test-id.ts'
import { type Failure, longest, type Trial, trialsOf } from './trials.ts'

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
  const byFile = Map.groupBy(attempts, placeOf)
  return [...Map.groupBy(failures, ({ signature }) => signature).values()]
    .map((alike) => ({ alike, cluster: clusterOf(alike) }))
    .sort((a, b) => b.cluster.tests.length - a.cluster.tests.length || b.cluster.failures - a.cluster.failures)
    .map(({ alike, cluster }, index) => ({ ...cluster, cause: index < mostCauses ? causeOf(alike, byFile) : null }))
}

/** Clusters that a cause is looked for: where each failure is of its own kind there are thousands, and each asks for all attempts. */
const mostCauses = 100

function clusterOf(alike: readonly FailedTrial[]): Omit<Cluster, 'cause'> {
  const [{ error, signature }] = alike as [FailedTrial]
  const knobs = Map.groupBy(alike, ({ trial }) => printKnobs(trial.attempt.order.knobs))
  return {
    id: createHash('sha256').update(signature).digest('hex').slice(0, 8),
    error,
    signature,
    failures: alike.length,
    tests: [...new Set(alike.map(printTestId))],
    knobs: Object.fromEntries([...knobs].map(([text, group]) => [text, group.length])),
  }
}

function causeOf(alike: readonly FailedTrial[], attempts: ReadonlyMap<string, readonly Attempt[]>): Cluster['cause'] {
  const files = new Set(alike.map(({ trial }) => placeOf(trial.attempt)))
  const failed = new Map(alike.map(({ trial }) => [trial.attempt, trial]))
  const trials = [...files].flatMap((file) =>
    (attempts.get(file) ?? []).map(
      (attempt) => failed.get(attempt) ?? { attempt, failure: null, durationMs: longest(attempt.result.tests) },
    ),
  )
  const outcomes = trials.map(({ attempt, failure }) => ({ attempt, failed: failure !== null }))
  const baseline = rateOf(inPhase(outcomes, 'baseline'))
  return likelyCause({ trials, baseline, effects: effectsOf(outcomes), recipe: smallestRecipe(outcomes) })
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
