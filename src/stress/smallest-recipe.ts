// Of all recipes that a test failed under, the one to hand over.

import { inPhase, type Outcome, rateOf } from './effects.ts'
import { parseRecipe, printRecipe } from './recipe.ts'
import type { TestVerdict } from './results.ts'

type Recipe = NonNullable<TestVerdict['recipe']>

/**
 * The last and smallest of those that were made again on purpose, if it fails at least half as often as the one that was confirmed, which
 * is what shrinking asks of it. Only where there are none, the one of the sweep that failed most often, whose rate flatters it: it was
 * picked for its failures.
 */
export function smallestRecipe(outcomes: readonly Outcome[]): Recipe | null {
  const again = recipesOf(inPhase(outcomes, 'confirm', 'shrink'))
  const confirmed = Math.max(0, ...recipesOf(inPhase(outcomes, 'confirm')).map(share))
  const good = again.filter((recipe) => share(recipe) >= confirmed / 2)
  // Weaker ones come after stronger ones: of as many knobs the last is the smallest.
  const smallest = good.reverse().sort((a, b) => size(a) - size(b))[0]
  return smallest ?? recipesOf(outcomes).sort((a, b) => share(b) - share(a) || size(a) - size(b))[0] ?? null
}

/** Those that failed, in the order in which they were first made. */
function recipesOf(outcomes: readonly Outcome[]): Recipe[] {
  // Of the same recipe is only what has the seed of one that failed: most have a seed of their own.
  const seeds = new Set(outcomes.filter(({ failed }) => failed).map(({ attempt }) => attempt.order.knobs.seed))
  const inOrder = outcomes.filter(({ attempt }) => seeds.has(attempt.order.knobs.seed)).sort((a, b) => a.attempt.number - b.attempt.number)
  return [...Map.groupBy(inOrder, ({ attempt }) => printRecipe(attempt.order.knobs))]
    .map(([text, group]) => ({ text, knobs: parseRecipe(text), ...rateOf(group) }))
    .filter(({ failed }) => failed > 0)
}

function share({ failed, runs }: Recipe): number {
  return failed / runs
}

function size({ knobs }: Recipe): number {
  return Object.keys(knobs).length
}
