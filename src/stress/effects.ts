// What each knob, or several that were turned together, does to the rate of a failure.

import type { Knobs } from './knobs.ts'
import { knobNames } from './knobs.ts'
import { printKnobs } from './recipe.ts'
import type { Attempt, KnobEffect, Rate } from './results.ts'
import { amplification, fisherOneSided, holm, wilson } from './statistics.ts'

/** An attempt, and whether what is asked about failed in it. */
export interface Outcome {
  attempt: Attempt
  failed: boolean
}

export function rateOf(outcomes: readonly Pick<Outcome, 'failed'>[]): Rate {
  const failed = outcomes.filter((outcome) => outcome.failed).length
  return { failed, runs: outcomes.length, interval: wilson(failed, outcomes.length) }
}

export function inPhase(outcomes: readonly Outcome[], ...phases: Attempt['phase'][]): Outcome[] {
  return outcomes.filter(({ attempt }) => phases.includes(attempt.phase))
}

/**
 * Of all that the sweep or the grid turned, the most telling first. Runs that confirmed count too: without them nothing can be told
 * of 2 runs against a baseline of 5, where p is 1/21 at best, and ten knobs were tried. That they were made after a hit alone favours
 * nobody: a knob without a hit has p = 1 either way. Runs that shrank do not, for each was chosen by the one before.
 */
export function effectsOf(outcomes: readonly Outcome[]): KnobEffect[] {
  const baseline = rateOf(inPhase(outcomes, 'baseline'))
  const tried = new Set(inPhase(outcomes, 'sweep', 'grid').map(turned))
  const groups = Map.groupBy(inPhase(outcomes, 'sweep', 'grid', 'confirm'), turned)
  const effects = [...groups]
    .filter(([knobs]) => knobs !== '' && tried.has(knobs))
    .map(([knobs, group]) => {
      const rate = rateOf(group)
      const names = namesOf(group[0]?.attempt.order.knobs ?? {})
      return { ...rate, knobs, names, amplification: amplification(rate, baseline), p: fisherOneSided(rate, baseline) }
    })
  const corrected = holm(effects.map(({ p }) => p))
  return effects
    .map((effect, index) => ({ ...effect, pCorrected: corrected[index] as number, guilty: (corrected[index] as number) < 0.05 }))
    .sort((a, b) => a.p - b.p || b.failed / b.runs - a.failed / a.runs)
}

/** Fails more often than the baseline, but it takes more runs to tell whether that is chance. */
export function isSuspect({ guilty, failed, amplification: times }: KnobEffect): boolean {
  return !guilty && failed > 0 && times > 1
}

/** Without the seed, which is in every recipe. */
function namesOf(knobs: Knobs): KnobEffect['names'] {
  return knobNames.filter((name) => name !== 'seed' && knobs[name] !== undefined)
}

function turned({ attempt }: Outcome): string {
  return printKnobs(attempt.order.knobs)
}
