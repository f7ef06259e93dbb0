// Resources that ended processes have used (getrusage(2)).

import { addressOf, bindChecked } from './libc.ts'

const RUSAGE_CHILDREN = -1
const getrusage_ = bindChecked('getrusage', 'int', ['int', 'uint64'])

export interface ChildrenUsage {
  /** Microseconds of CPU time. */
  userMicros: number
  systemMicros: number
  /** Resident memory of the largest of them, in bytes. */
  maxRss: number
  voluntarySwitches: number
  involuntarySwitches: number
}

/** Of all children that were waited for, and of those that they waited for. */
export function childrenUsage(): ChildrenUsage {
  const usage = Buffer.alloc(144) // struct rusage: two timevals, then fourteen longs
  getrusage_(RUSAGE_CHILDREN, addressOf(usage))
  const word = (index: number) => Number(usage.readBigInt64LE(8 * index))
  return {
    userMicros: word(0) * 1e6 + word(1),
    systemMicros: word(2) * 1e6 + word(3),
    maxRss: word(4) * 1024,
    voluntarySwitches: word(16),
    involuntarySwitches: word(17),
  }
}
