// The CPU-time clock of another process (clock_getcpuclockid(3)): nanoseconds of all its threads, ended ones too.

import { addressOf, bind } from './libc.ts'

const clock_gettime_ = bind('clock_gettime', 'int', ['int', 'uint64'])
const CPUCLOCK_SCHED = 2
const timespec = Buffer.alloc(16)

/** Undefined when there is no such process. One that has ended has its clock until it is waited for. */
export function cpuNanos(pid: number): number | undefined {
  if (clock_gettime_((~pid << 3) | CPUCLOCK_SCHED, addressOf(timespec)) !== 0) return undefined
  return Number(timespec.readBigInt64LE(0)) * 1e9 + Number(timespec.readBigInt64LE(8))
}
