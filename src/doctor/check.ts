// One fact about this machine, and whether nsbox can live with it.

import type { Place } from '../host/place.ts'
import type { Remedy } from '../host/remedies/remedy.ts'

export type { Place, Remedy }

/** `warn`: something that nsbox offers does not work. `fail`: no sandbox can be had. */
export type CheckStatus = 'pass' | 'warn' | 'fail'

export interface Check {
  /** Stable, such as `overlay on tmpfs`. */
  name: string
  status: CheckStatus
  /** What was seen: the value, or the call that failed with its errno. */
  detail: string
  /** What does not work because of it, in a user's words. */
  effect?: string
  remedy?: Remedy
}

export interface Diagnosis {
  /** `ok`: no warning. `degraded`: sandboxes can be had, not all that they offer. */
  verdict: 'ok' | 'degraded' | 'cannot-seal'
  place: Place
  checks: Check[]
}

export function pass(name: string, detail: string): Check {
  return { name, status: 'pass', detail }
}

export function warn(name: string, detail: string, effect: string, remedy: Remedy | undefined): Check {
  return { name, status: 'warn', detail, effect, ...(remedy && { remedy }) }
}

export function fail(name: string, detail: string, remedy: Remedy | undefined): Check {
  return { name, status: 'fail', detail, ...(remedy && { remedy }) }
}

export function verdictOf(checks: readonly Check[]): Diagnosis['verdict'] {
  if (checks.some(({ status }) => status === 'fail')) return 'cannot-seal'
  return checks.some(({ status }) => status === 'warn') ? 'degraded' : 'ok'
}
