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

/** How programs end that get no more memory: by giving up, or by a failed access; exec(2) sends SIGSEGV to what it cannot start any more. */
const withoutMemory = ['SIGSEGV', 'SIGABRT', 'SIGTRAP', 'SIGILL']

const MiB = 2 ** 20
/** What the kernel gives of stack (_STK_LIM): programs are made to do with it. */
const usualStack = 8 * MiB
/** Only the smallest of programs do with less: node maps more than 100 MiB, one thread 8 MiB of stack. */
const tiny = 32 * MiB
/** Resident memory up to here may be that of nsbox before exec(2), which ru_maxrss of getrusage(2) goes on to count. */
const mostOwn = 64 * MiB
/** Memory that is reserved for each byte that is resident, of programs that are at their limit. */
const mostReserved = 2

interface Ended {
  signal: string | null
  /** CPU time of all processes together, in milliseconds. */
  cpuMs: number | undefined
  /** Resident memory of the largest process, in bytes. */
  maxRss: number | null | undefined
}

/** Anybody may send these signals: a limit that was far away is not named. */
export function rlimitEnd({ lastSteps }: SandboxPlan, ended: Ended): RlimitEnd | null {
  if (ended.signal === null) return null
  const set = lastSteps.flatMap((step) => (step.do === 'rlimit' ? [step] : []))
  for (const { resource, soft, hard } of set) {
    const isCertain = resource === 'cpu' && ended.signal === 'SIGXCPU' && isUsedUp(soft, ended)
    if (isCertain || isLikely({ resource, soft, hard }, ended)) return { resource, soft, hard, isCertain }
  }
  return null
}

function isLikely({ resource, soft, hard }: Omit<RlimitEnd, 'isCertain'>, ended: Ended): boolean {
  const signal = ended.signal as string
  switch (resource) {
    // At the hard limit the kernel sends SIGKILL (setrlimit(2)).
    case 'cpu':
      return signal === 'SIGKILL' && isUsedUp(hard, ended)
    // Nothing tells how long its files were.
    case 'fsize':
      return signal === 'SIGXFSZ'
    // A stack that cannot grow is a failed access (setrlimit(2)).
    case 'stack':
      return signal === 'SIGSEGV' && soft !== null && soft < usualStack
    case 'as':
    case 'data':
      return withoutMemory.includes(signal) && isNear(soft, ended)
    default:
      return false
  }
}

/** Of its seconds, which the kernel counts by ticks of its clock for each process: on a busy machine getrusage(2) tells a quarter less. */
function isUsedUp(limit: number | null, { cpuMs = 0 }: Ended): boolean {
  return limit !== null && cpuMs >= limit * 1000 * 0.5
}

function isNear(limit: number | null, { maxRss }: Ended): boolean {
  if (limit === null) return false
  const known = (maxRss ?? 0) > mostOwn ? (maxRss as number) : 0
  return limit <= Math.max(tiny, known * mostReserved)
}

/** `the command was ended by SIGXCPU, because of --rlimit cpu=1`. */
export function rlimitWords(signal: string, { resource, soft, hard, isCertain }: RlimitEnd): string {
  const shown = (limit: number | null) => limit ?? 'unlimited'
  const flag = `--rlimit ${resource}=${soft === hard ? shown(soft) : `${shown(soft)}:${shown(hard)}`}`
  return `the command was ended by ${signal}${isCertain ? `, because of ${flag}` : `; ${flag} may be why`}`
}
