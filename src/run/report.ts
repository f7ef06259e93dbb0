// What came of a run: the same shape for good ones and failed ones.

import type { Change } from '../changes/changed.ts'
import { type ErrorData, errorFromData, errorToData } from '../errors.ts'
import { explainSealFailure } from '../host/explain.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { stepName } from '../plan/step.ts'
import type { NotEnforced, Usage } from '../wire/protocol.ts'
import type { Outcome } from './supervise.ts'

/**
 * Why a run ended: the program's own `exit`, a `signal`, its `timeout`, an `abort` of the caller's, a
 * program that could be `not-started`, or a `failure` of nsbox or of the sandbox around it.
 */
export type Cause = 'exit' | 'signal' | 'timeout' | 'abort' | 'not-started' | 'failure'

export interface ResourceUsage {
  /** CPU time of all processes together, in milliseconds (getrusage(2)). */
  cpuUserMs: number
  cpuSystemMs: number
  /** Resident memory of the largest single process, in bytes. About 30 MB is what a process has before it becomes the program. */
  maxRssBytes: number
  voluntarySwitches: number
  involuntarySwitches: number
}

export interface Report {
  command: string[]
  /** The program's own, or what a shell gives for one that cannot be started; null when a signal ended it or nothing ran. */
  exitCode: number | null
  /** Name of the signal that ended the program, such as `SIGSEGV`. */
  signal: string | null
  cause: Cause
  /** What went wrong, when it was not the program. */
  error: ErrorData | null
  /** When it was requested, as Date.now() has it. */
  startedMs: number
  /** From the request to the end, in milliseconds. */
  durationMs: number
  /** Missing when everything was killed at once. */
  usage: ResourceUsage | null
  /** What it wrote, as UTF-8, where nsbox was to read it: at most `maxOutput` bytes of each. */
  stdout: string | null
  stderr: string | null
  /** True when it wrote more than that. */
  truncated: boolean
  /** What was written, where it was asked for. */
  changes: Change[] | null
  /** Protections in force, by the names of the plan's steps. */
  enforced: string[]
  /** Protections that could not be had, with `seal: 'prefer'`. */
  notEnforced: NotEnforced[]
}

function resourceUsage(usage: Usage | undefined): ResourceUsage | null {
  if (!usage) return null
  const { userMicros, systemMicros, maxRss, voluntarySwitches, involuntarySwitches } = usage
  return { cpuUserMs: userMicros / 1000, cpuSystemMs: systemMicros / 1000, maxRssBytes: maxRss, voluntarySwitches, involuntarySwitches }
}

/** The names of the steps that hold. */
function enforcedSteps(plan: SandboxPlan, notEnforced: readonly NotEnforced[], failed: boolean): string[] {
  if (failed) return []
  const missing = new Set(notEnforced.map(({ protection }) => protection))
  const names = [...plan.steps, ...plan.lastSteps].map(stepName)
  const namespaces = missing.has('namespaces') ? [] : plan.namespaces.map((name) => `${name} namespace`)
  return [...namespaces, ...new Set(names)].filter((name) => !missing.has(name))
}

/** Of a run that has ended, before anybody looks at what it wrote. */
export function reportOf(command: string[], plan: SandboxPlan, { usage, error, notEnforced, ...how }: Outcome, startedMs: number): Report {
  return {
    command,
    ...how,
    error: error?.stage === 'seal' ? errorToData(explainSealFailure(errorFromData(error))) : error,
    startedMs,
    durationMs: Date.now() - startedMs,
    usage: resourceUsage(usage),
    stdout: null,
    stderr: null,
    truncated: false,
    changes: null,
    enforced: enforcedSteps(plan, notEnforced, how.cause === 'failure'),
    notEnforced,
  }
}
