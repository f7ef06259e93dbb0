// Failures that are alike, across tests and knobs.

import type { Attempt, Cluster } from './results.ts'

/** The most frequent first. */
export function clustersOf(_: readonly Attempt[]): Cluster[] {
  return []
}
