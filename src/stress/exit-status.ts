// Exit codes of `nsbox stress`, `repro`, `threshold` and `merge`.

import type { Results, Verdict } from './results.ts'

export const exitStatus = {
  /** All that ran passed, every time. */
  stable: 0,
  /** Something failed now and then, or only under a knob. */
  found: 1,
  /** Words of the command or a config that are wrong. */
  usage: 2,
  /** Something fails without any knob. */
  broken: 3,
  noTests: 4,
  /** As automake and others have it for what cannot be tried here. */
  noSandbox: 77,
  /** 128 and SIGINT's number. */
  interrupted: 130,
} as const

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus]

/** Of a campaign that is over. A flaky test weighs more than a broken one: it is what was looked for. */
export function exitStatusOf({ tests, endedEarly }: Pick<Results, 'tests' | 'endedEarly'>): ExitStatus {
  if (endedEarly === 'interrupted') return exitStatus.interrupted
  const has = (...verdicts: Verdict[]) => tests.some(({ verdict }) => verdicts.includes(verdict))
  if (has('FLAKY', 'BUDGET', 'KILLED')) return exitStatus.found
  return has('BROKEN') ? exitStatus.broken : exitStatus.stable
}
