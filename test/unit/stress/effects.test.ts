import { describe, expect, it } from 'vitest'
import { effectsOf, type Outcome } from '../../../src/stress/effects.ts'
import type { Attempt, KnobEffect } from '../../../src/stress/results.ts'
import { attempt, times } from '../../support/stress-attempts.ts'

const sweep = ['shuffle=tests', 'freeze=64ms', 'cpu=0.25', 'cores=1', 'tz=+14', 'freeze=256ms', 'twins=2', 'delay=50ms', 'nofile=256']
const campaigns = 300

describe('knobs that are called guilty', () => {
  it.each([0.1, 0.3, 0.5, 0.8])('are hardly ever any of a test that fails at a rate of %d under all of them alike', (rate) => {
    const random = randomFrom(7)
    const accused = times(campaigns, () => campaign(random, () => rate)).filter((effects) => effects.some(({ guilty }) => guilty))
    expect(accused.length).toBeLessThan(0.05 * campaigns)
  })

  it('are the one under which it always fails, and no other', () => {
    const random = randomFrom(7)
    for (const effects of times(campaigns, () => campaign(random, (knobs) => (knobs === 'cpu=0.25' ? 1 : 0)))) {
      expect(effects.filter(({ guilty }) => guilty).map(({ knobs }) => knobs)).toEqual(['cpu=0.25'])
    }
  })
})

/** A baseline, a sweep, and five runs each of what failed in it, until one fails again. */
function campaign(random: () => number, rateOf: (knobs: string) => number): KnobEffect[] {
  const run = (phase: Attempt['phase'], knobs: string): Outcome => ({
    attempt: attempt(phase, knobs, []),
    failed: random() < rateOf(knobs),
  })
  const outcomes = [...times(5, () => run('baseline', '')), ...sweep.map((knobs) => run('sweep', knobs))]
  const hits = outcomes.slice(5).flatMap(({ failed }, index) => (failed ? [sweep[index] as string] : []))
  for (const knobs of hits.slice(0, 3)) {
    const again = times(5, () => run('confirm', knobs))
    outcomes.push(...again)
    if (again.some(({ failed }) => failed)) break
  }
  return effectsOf(outcomes)
}

/** The same numbers every time (Numerical Recipes' generator). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
