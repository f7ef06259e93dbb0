// Whether a limit of getrlimit(2) that nsbox set is behind the signal that ended a program.

import type { SandboxPlan } from '../plan/plan.ts'
import type { Resource } from '../sys/resources.ts'

export interface RlimitEnd {
  resource: Resource
  /** As it was set. Null is unlimited. */
  soft: number | null
  hard: number | null
  /** False when the signal has other causes too: programs that get no memory end by many. */
  isCertain: boolean
}

/** How programs end that get no more memory: by a failed access, by giving up, or in exec(2), which kills what it cannot start any more. */
const withoutMemory = ['SIGSEGV', 'SIGBUS', 'SIGABRT', 'SIGTRAP', 'SIGILL', 'SIGKILL']
const memory: readonly Resource[] = ['as', 'data', 'stack']

interface Ended {
  signal: string | null
  /** CPU time of all processes together, in milliseconds. */
  cpuMs: number | undefined
}

export function rlimitEnd({ lastSteps }: SandboxPlan, { signal, cpuMs = 0 }: Ended): RlimitEnd | null {
  if (signal === null) return null
  const set = lastSteps.flatMap((step) => (step.do === 'rlimit' ? [step] : []))
  for (const { resource, soft, hard } of set) {
    const isCertain = isSignalOf(resource, signal)
    const isLikely =
      resource === 'cpu' ? signal === 'SIGKILL' && isUsedUp(hard, cpuMs) : memory.includes(resource) && withoutMemory.includes(signal)
    if (isCertain || isLikely) return { resource, soft, hard, isCertain }
  }
  return null
}

/** The kernel sends them for nothing else (setrlimit(2)). */
function isSignalOf(resource: Resource, signal: string): boolean {
  return (resource === 'cpu' && signal === 'SIGXCPU') || (resource === 'fsize' && signal === 'SIGXFSZ')
}

/** At the hard limit of seconds, which counts for each process, the kernel sends SIGKILL. */
function isUsedUp(hard: number | null, cpuMs: number): boolean {
  return hard !== null && cpuMs >= hard * 1000
}

/** `the command was ended by SIGXCPU, because of --rlimit cpu=1`. */
export function rlimitWords(signal: string, { resource, soft, hard, isCertain }: RlimitEnd): string {
  const shown = (limit: number | null) => limit ?? 'unlimited'
  const flag = `--rlimit ${resource}=${soft === hard ? shown(soft) : `${shown(soft)}:${shown(hard)}`}`
  return `the command was ended by ${signal}${isCertain ? `, because of ${flag}` : `; ${flag} may be why`}`
}
