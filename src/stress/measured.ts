// What a file needs when nothing is turned: the yardstick of knobs.

import type { AttemptResult, Target } from './attempt.ts'
import type { Attempt } from './results.ts'

/** The most of all runs of a baseline. */
export interface Measured {
  /** Null where nobody could count. */
  memoryPeakBytes: number | null
  wallMs: number
  cpuMs: number
  slowestTestMs: number
}

/** Of a file without a result everything is 0. */
export function measuredOf(results: readonly AttemptResult[]): Measured {
  const most = (part: (result: AttemptResult) => number) => Math.max(0, ...results.map(part))
  return {
    memoryPeakBytes: most(({ usage }) => usage.memoryPeakBytes ?? 0) || null,
    wallMs: most(({ usage }) => usage.wallMs),
    cpuMs: most(({ usage }) => usage.cpuMs),
    slowestTestMs: most(({ tests }) => Math.max(0, ...tests.map(({ durationMs }) => durationMs))),
  }
}

export function isOf({ file, project }: Target): (attempt: Pick<Attempt, 'order'>) => boolean {
  return ({ order }) => order.file === file && order.project === project
}
