// What came of a run: the same shape for good ones and failed ones.

import type { Change } from '../changes/changed.ts'
import { type ErrorData, errorFromData, errorToData } from '../errors.ts'
import { explainMissing, explainSealFailure } from '../host/explain.ts'
import type { CapHit } from '../launch/sandbox-limits.ts'
import type { HeldLimits } from '../plan/limit-plan.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import type { PortPair } from '../plan/reach.ts'
import { stepName } from '../plan/step.ts'
import { withoutNamespaces } from '../plan/without-namespaces.ts'
import type { NotEnforced } from '../wire/protocol.ts'
import { type RlimitEnd, rlimitEnd } from './rlimit-end.ts'
import type { Outcome } from './supervise.ts'
import { type ResourceUsage, resourceUsage } from './usage.ts'

/**
 * Why a run ended: the program's own `exit`, a `signal`, its `timeout`, an `abort` of the caller's, a `limit`
 * that it was killed for, a program that could be `not-started`, or a `failure` of nsbox or of the sandbox around it.
 */
export type Cause = 'exit' | 'signal' | 'timeout' | 'abort' | 'limit' | 'not-started' | 'failure'

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
  /** Null when everything was killed at once and nobody else counted. */
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
  /** How each limit is held, such as `cgroup cpu.max`, or `emulated by SIGSTOP/SIGCONT`. */
  limits: HeldLimits
  /** Limits that held, and that programs inside had no way to see: they may have started more than these allow. */
  unseen: string[]
  /** The limit that the run was killed for. */
  capHit: CapHit | null
  /** The limit of getrlimit(2) that its signal comes from, or may come from. */
  rlimitEnd: RlimitEnd | null
  /** Ports of the host that led inside, the chosen ones too. */
  exposed: PortPair[]
  /** Ports of the host that `forward` led to and where nothing answered. */
  refused: number[]
  /** Ports whose connections were not passed on for want of something here, such as file descriptors (EMFILE). */
  unrelayed: { port: number; errno: string }[]
  /** Protections and limits that could not be had, with `seal: 'prefer'` or `'optional'`. */
  notEnforced: NotEnforced[]
}

/** The names of the steps that hold. */
function enforcedSteps(plan: SandboxPlan, notEnforced: readonly NotEnforced[], failed: boolean): string[] {
  if (failed) return []
  const missing = new Set(notEnforced.map(({ protection }) => protection))
  const gone = plan.namespaces.filter((name) => missing.has('namespaces') || missing.has(`${name} namespace`))
  const { namespaces, steps, lastSteps } = withoutNamespaces(plan, gone)
  const names = [...namespaces.map((name) => `${name} namespace`), ...[...steps, ...lastSteps].map(stepName)]
  return [...new Set(names)].filter((name) => !missing.has(name))
}

/** Of a run that has ended, before anybody looks at what it wrote. */
export function reportOf(command: string[], plan: SandboxPlan, outcome: Outcome, startedMs: number): Report {
  const { usage, limitUsage, limits, unseen, hit, error, notEnforced, exposed, refused, unrelayed, ...how } = outcome
  const used = resourceUsage(usage, limitUsage)
  return {
    ...emptyReport(command, startedMs),
    ...how,
    error: error?.stage === 'seal' ? errorToData(explainSealFailure(errorFromData(error))) : error,
    usage: used,
    enforced: enforcedSteps(plan, notEnforced, how.cause === 'failure'),
    limits,
    unseen,
    capHit: hit ?? null,
    rlimitEnd: how.cause === 'signal' ? rlimitEnd(plan, { signal: how.signal, cpuMs: used?.cpuMs, maxRss: used?.maxRssBytes }) : null,
    exposed: [...exposed],
    refused,
    unrelayed,
    notEnforced: notEnforced.map(explainMissing),
  }
}

/** Of a run that never began. */
export function failureReport(command: string[], error: unknown, startedMs: number): Report {
  return { ...emptyReport(command, startedMs), error: errorToData(error) }
}

function emptyReport(command: string[], startedMs: number): Report {
  return {
    command,
    exitCode: null,
    signal: null,
    cause: 'failure',
    error: null,
    startedMs,
    durationMs: Date.now() - startedMs,
    usage: null,
    stdout: null,
    stderr: null,
    truncated: false,
    changes: null,
    enforced: [],
    limits: {},
    unseen: [],
    capHit: null,
    rlimitEnd: null,
    exposed: [],
    refused: [],
    unrelayed: [],
    notEnforced: [],
  }
}
