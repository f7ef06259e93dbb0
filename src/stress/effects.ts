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
 * Of all that the sweep or the grid turned, the most telling first. Its rate is of those runs and of runs that confirmed it. Runs that
 * shrank do not count: each was chosen by the one before.
 *
 * A knob is chosen to be confirmed by its failures, so only what comes after them is evidence: its p is of the runs that confirmed,
 * and corrected for the few knobs that were. All others are corrected for each other, and both for there being two such families
 * (Bonferroni). Of 2 runs against a baseline of 5, p is 1/21 at best: a sweep alone makes suspects, and guilty is who is confirmed.
 */
export function effectsOf(outcomes: readonly Outcome[]): KnobEffect[] {
  const baseline = rateOf(inPhase(outcomes, 'baseline'))
  const tried = new Set(inPhase(outcomes, 'sweep', 'grid').map(turned))
  const groups = Map.groupBy(inPhase(outcomes, 'sweep', 'grid', 'confirm'), turned)
  const effects = [...groups]
    .filter(([knobs]) => knobs !== '' && tried.has(knobs))
    .map(([knobs, group]) => {
      const rate = rateOf(group)
      const confirming = inPhase(group, 'confirm')
      return {
        ...rate,
        knobs,
        names: namesOf(group[0]?.attempt.order.knobs ?? {}),
        amplification: amplification(rate, baseline),
        p: fisherOneSided(confirming.length > 0 ? rateOf(confirming) : rate, baseline),
        isConfirmed: confirming.length > 0,
      }
    })
  const families = [...Map.groupBy(effects, ({ isConfirmed }) => isConfirmed).values()]
  return families
    .flatMap((family) => corrected(family, families.length))
    .sort((a, b) => a.pCorrected - b.pCorrected || a.p - b.p || b.failed / b.runs - a.failed / a.runs)
}

type Uncorrected = Omit<KnobEffect, 'pCorrected' | 'guilty'> & { isConfirmed: boolean }

function corrected(family: readonly Uncorrected[], families: number): KnobEffect[] {
  const ps = holm(family.map(({ p }) => p))
  return family.map(({ isConfirmed: _, ...effect }, index) => {
    const pCorrected = Math.min(1, (ps[index] as number) * families)
    return { ...effect, pCorrected, guilty: pCorrected < 0.05 }
  })
}

/** Fails more often than the baseline, and it takes more runs to tell whether that is chance. What was not confirmed is none. */
export function isSuspect({ guilty, failed, amplification: times, p }: KnobEffect): boolean {
  return !guilty && failed > 0 && times > 1 && p < 0.5
}

/** Without the seed, which is in every recipe. */
function namesOf(knobs: Knobs): KnobEffect['names'] {
  return knobNames.filter((name) => name !== 'seed' && knobs[name] !== undefined)
}

/** Each attempt is asked for by all tests of its file, and by all kinds of failures. */
const printed = new WeakMap<Knobs, string>()

function turned({ attempt }: Outcome): string {
  const { knobs } = attempt.order
  const text = printed.get(knobs) ?? printKnobs(knobs)
  printed.set(knobs, text)
  return text
}
