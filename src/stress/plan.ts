// Which attempts a campaign is to make, in which order, as pure data. A number always means the same attempt: in every shard, and
// after a resumption.

import type { Knobs } from './knobs.ts'
import type { Attempt } from './results.ts'
import { orderSeeds, seedOf } from './seeds.ts'
import { baselineRuns } from './sweep.ts'

export interface Shard {
  /** From 1. */
  index: number
  count: number
}

/** Everything at once is the only shard of one. */
export const whole: Shard = { index: 1, count: 1 }

export interface Planned {
  number: number
  phase: Extract<Attempt['phase'], 'baseline' | 'sweep' | 'grid'>
  /** Which of the targets. */
  target: number
  knobs: Knobs
}

/** Of each file in each shard, so that it knows by itself what the file needs, and all shards together know how often it fails. */
export function baselineShare({ count }: Shard): number {
  return Math.max(2, Math.ceil(baselineRuns / count))
}

/**
 * All targets once, then all once more. A shard has rounds of its own; those beyond its share are for targets that failed in all of it:
 * so few runs do not make a test broken.
 */
export function baselineRound(round: number, targets: number, { index, count }: Shard): Planned[] {
  const first = (round * count + index - 1) * targets
  return Array.from({ length: targets }, (_, target) => ({ number: first + target, phase: 'baseline' as const, target, knobs: {} }))
}

export interface Steps {
  phase: 'sweep' | 'grid'
  seed: number
  shard: Shard
  /** What is turned in each step, for each target; null is a step that is left out for it. As many for all. */
  knobs: (Knobs | null)[][]
  /** How many steps: after the last they begin again with other seeds. Infinity goes on for ever. */
  steps: number
}

/** All targets at one step, then at the next: whenever it is stopped, each knob had its share. */
export function* stepsOf({ phase, seed, shard, knobs, steps }: Steps): Generator<Planned> {
  const targets = knobs.length
  const each = knobs[0]?.length ?? 0
  if (targets * each === 0) return
  const base = baselineRuns * shard.count * targets
  const shuffles = (knobs[0] ?? []).map((step) => step?.shuffle !== undefined)
  for (let step = 0, orders: number[] = []; step < steps; step++) {
    const at = step % each
    // Pairs of tests are to be turned round within a sweep; a grid has the same cell again in the next round.
    if (at === 0) orders = orderSeeds(seed + Math.floor(step / each), shuffles.filter(Boolean).length)
    const order = shuffles[at] ? orders.shift() : undefined
    for (const [target, own] of knobs.entries()) {
      const number = base + step * targets + target
      const turned = own[at]
      if (turned && (step + target) % shard.count === shard.index - 1)
        yield { number, phase, target, knobs: { ...turned, seed: turned.seed ?? order ?? seedOf(seed, number) } }
    }
  }
}
