// What a run has used, in the units of reports.

import type { Pressure } from '../cgroup/usage.ts'
import type { LimitUsage } from '../launch/sandbox-limits.ts'
import type { Usage } from '../wire/protocol.ts'

/** Null where nobody counted: without limits only what getrusage(2) tells is known. */
export interface LimitedUsage {
  /** Who counted: the kernel for a cgroup, the sandbox's init while it held limits, or getrusage(2) at the end. */
  countedBy: 'cgroup' | 'init' | 'getrusage'
  /** CPU time of all processes together, in milliseconds; of a cgroup, the sealing is part of it. */
  cpuMs: number
  /** How long processes that could run were held back by the cap on CPU time, in milliseconds. */
  throttledMs: number | null
  /** Periods of that cap, and those in which it was reached. */
  periods: number | null
  throttledPeriods: number | null
  /** Most memory in use at once, in bytes. */
  memoryPeakBytes: number | null
  /** Processes that were killed for memory. */
  oomKills: number | null
  /** Most processes and threads at once, and how often one more was refused. */
  pidsPeak: number | null
  pidsRefused: number | null
  io: { readBytes: number; writeBytes: number; reads: number; writes: number } | null
  /** How long some, or all, processes waited for a resource, in milliseconds. */
  pressure: Record<'cpu' | 'memory' | 'io', { someMs: number; fullMs: number }> | null
}

export interface ResourceUsage extends LimitedUsage {
  cpuUserMs: number
  cpuSystemMs: number
  /** Resident memory of the largest single process, in bytes. About 30 MB is what a process has before it becomes the program. Null when everything was killed at once. */
  maxRssBytes: number | null
  voluntarySwitches: number | null
  involuntarySwitches: number | null
}

/** Init is one of the processes, and none of the caller's. */
const ofInit = 1

const uncounted: Omit<LimitedUsage, 'countedBy' | 'cpuMs'> = {
  throttledMs: null,
  periods: null,
  throttledPeriods: null,
  memoryPeakBytes: null,
  oomKills: null,
  pidsPeak: null,
  pidsRefused: null,
  io: null,
  pressure: null,
}

export function limitedUsage(counted: LimitUsage): LimitedUsage {
  if (counted.by === 'init') {
    const { cpuMicros, throttledMicros, periods, throttledPeriods, memoryPeak } = counted.usage
    return {
      ...uncounted,
      countedBy: 'init',
      cpuMs: cpuMicros / 1000,
      throttledMs: throttledMicros / 1000,
      periods,
      throttledPeriods,
      memoryPeakBytes: memoryPeak ?? null,
    }
  }
  const {
    userMicros,
    systemMicros,
    throttledMicros,
    memoryPeak,
    pressure,
    periods,
    throttledPeriods,
    oomKills,
    pidsPeak,
    pidsRefused,
    io,
  } = counted.usage
  return {
    countedBy: 'cgroup',
    cpuMs: (userMicros + systemMicros) / 1000,
    throttledMs: throttledMicros === null ? null : throttledMicros / 1000,
    periods,
    throttledPeriods,
    memoryPeakBytes: memoryPeak,
    oomKills,
    pidsPeak: pidsPeak === null ? null : pidsPeak - ofInit,
    pidsRefused,
    io,
    pressure: pressure && pressureMs(pressure),
  }
}

function pressureMs({ cpu, memory, io }: Pressure): ResourceUsage['pressure'] {
  const ms = ({ some, full }: { some: number; full: number }) => ({ someMs: some / 1000, fullMs: full / 1000 })
  return { cpu: ms(cpu), memory: ms(memory), io: ms(io) }
}

/** What getrusage(2) tells. */
export function plainUsage(cpuMs: number, memoryPeakBytes: number | null): LimitedUsage {
  return { ...uncounted, countedBy: 'getrusage', cpuMs, memoryPeakBytes }
}

/** Null when nobody could count. */
export function resourceUsage(rusage: Usage | undefined, counted: LimitUsage | undefined): ResourceUsage | null {
  if (!rusage && !counted) return null
  const limited = counted && limitedUsage(counted)
  const cpu = counted?.by === 'cgroup' ? counted.usage : rusage
  const [cpuUserMs, cpuSystemMs] = [(cpu?.userMicros ?? 0) / 1000, (cpu?.systemMicros ?? 0) / 1000]
  return {
    ...uncounted,
    countedBy: 'getrusage',
    cpuMs: cpuUserMs + cpuSystemMs,
    ...limited,
    cpuUserMs,
    cpuSystemMs,
    maxRssBytes: rusage?.maxRss ?? null,
    voluntarySwitches: rusage?.voluntarySwitches ?? null,
    involuntarySwitches: rusage?.involuntarySwitches ?? null,
  }
}
