// The likely class of a failure, with what speaks for it.

import type { KnobEffect, LikelyCause, Rate } from './results.ts'
import type { Trial } from './trials.ts'

export interface Symptoms {
  trials: readonly Trial[]
  baseline: Rate
  effects: readonly KnobEffect[]
}

/** Null rather than a guess. */
export function likelyCause(_: Symptoms): LikelyCause | null {
  return null
}
