// From knobs under which something failed once to the fewest and weakest under which it still fails about as often. Pure: who calls
// makes the runs.

import { type KnobName, type Knobs, knobNames } from './knobs.ts'
import { type Counted, runsForConfidence } from './statistics.ts'
import { weakened } from './weaken.ts'

/** Makes so many runs with these knobs. Fewer come back when there is no time for more. */
export type Try = (knobs: Knobs, runs: number) => Promise<Counted>

export interface ShrinkOptions {
  /** Runs that are made at once. */
  lanes: number
  /** Most runs in all, with those that confirm. */
  runs: number
}

export interface Recipe extends Counted {
  knobs: Knobs
}

export const confirmation = { least: 5, most: 10 } as const
/** Of runs that are to tell whether weaker knobs fail half as often. */
const tellable = { least: 4, most: 12, confidence: 0.95 } as const
/** Of one knob. */
const mostHalvings = 5
/** What is handed over has been run at least this often. */
const finalRuns = 10

/**
 * At least five more runs, and more until it fails again, as far as that is sensible. `failed` is 0 where it did not: then the
 * failure was rarer than it looked, or of another cause.
 */
export async function confirm(knobs: Knobs, tryRuns: Try): Promise<Counted> {
  let sum = await tryRuns(knobs, confirmation.least)
  while (sum.failed === 0 && sum.runs >= confirmation.least && sum.runs < confirmation.most) {
    const more = await tryRuns(knobs, 1)
    if (more.runs === 0) break
    sum = added(sum, more)
  }
  return sum
}

/**
 * Drops knobs one by one, then weakens each: what it keeps fails at half of the first rate or more. Then it lets the seed go, if that
 * makes no difference: an order of tests is nothing without its seed.
 */
export async function shrink({ knobs, ...confirmed }: Recipe, tryRuns: Try, { lanes, runs }: ShrinkOptions): Promise<Recipe> {
  const rate = confirmed.failed / confirmed.runs
  let left = runs - confirmed.runs
  let smallest: Recipe = { knobs, ...confirmed }

  const attempt = async (candidate: Knobs, enough = rate / 2): Promise<boolean> => {
    const counted = await failsAt(enough, (count) => tryRuns(candidate, count), Math.min(lanes, left), left)
    left -= counted.runs
    if (counted.isEnough) smallest = { knobs: candidate, failed: counted.failed, runs: counted.runs }
    return counted.isEnough
  }

  for (const name of turned(knobs)) if (left > 0) await attempt(without(smallest.knobs, name))
  for (const name of turned(smallest.knobs)) {
    for (let halvings = 0; halvings < mostHalvings && left > 0; halvings++) {
      const next = weakened(smallest.knobs, name)
      if (!next || !(await attempt(next))) break
    }
  }
  const { seed, shuffle } = smallest.knobs
  if (seed !== undefined && shuffle === undefined && left > 0) await attempt(without(smallest.knobs, 'seed'), rate * 0.9)
  const missing = Math.min(left, finalRuns - smallest.runs)
  return missing > 0 ? { ...smallest, ...added(smallest, await tryRuns(smallest.knobs, missing)) } : smallest
}

/** As many runs as it takes to tell: no more than are needed to be sure either way. */
async function failsAt(
  rate: number,
  tryRuns: (count: number) => Promise<Counted>,
  lanes: number,
  most: number,
): Promise<Counted & { isEnough: boolean }> {
  const wanted = runsForConfidence(rate, tellable.confidence)
  const runs = Math.min(most, Math.max(tellable.least, Math.min(tellable.most, wanted)))
  const needed = Math.max(1, Math.ceil(runs * rate))
  let sum: Counted = { failed: 0, runs: 0 }
  while (sum.failed < needed && sum.failed + (runs - sum.runs) >= needed) {
    const more = await tryRuns(Math.max(1, Math.min(lanes, runs - sum.runs)))
    if (more.runs === 0) break
    sum = added(sum, more)
  }
  // A single failure in a single run is little to go by, but a rate of one half is what is asked of it.
  return { ...sum, isEnough: sum.failed >= needed }
}

function turned(knobs: Knobs): KnobName[] {
  return knobNames.filter((name) => name !== 'seed' && knobs[name] !== undefined)
}

function without(knobs: Knobs, name: KnobName): Knobs {
  const { [name]: _, ...rest } = knobs
  return rest
}

function added(a: Counted, b: Counted): Counted {
  return { failed: a.failed + b.failed, runs: a.runs + b.runs }
}
