import { availableParallelism } from 'node:os'

/** How many workers a build starts: never more than there are processors. */
export function workersFor(jobs: number, processors: number = availableParallelism()): number {
  return Math.min(jobs, processors)
}
