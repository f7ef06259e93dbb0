// Limits of a process: resources, niceness, processors. Each is read back, because a kernel may keep less.

import { NsboxError } from '../errors.ts'
import { addressOf, bind, bindChecked } from './libc.ts'
import { type Resource, resourceNumbers } from './resources.ts'

/** RLIM_INFINITY. */
export const unlimited = 0xffff_ffff_ffff_ffffn
const prlimit_ = bindChecked('prlimit', 'int', ['int', 'int', 'uint64', 'uint64'])
const setpriority_ = bindChecked('setpriority', 'int', ['int', 'int', 'int'])
const getpriority_ = bind('getpriority', 'int', ['int', 'int'])
const sched_setaffinity_ = bindChecked('sched_setaffinity', 'int', ['int', 'ulong', 'uint64'])
const sched_getaffinity_ = bindChecked('sched_getaffinity', 'int', ['int', 'ulong', 'uint64'])
const PRIO_PROCESS = 0

/** Null is unlimited; process 0 is this one (prlimit(2)). */
export function setResourceLimit(resource: Resource, soft: number | null, hard: number | null, pid = 0): void {
  const asked = [soft, hard].map((value) => (value === null ? unlimited : BigInt(value)))
  const limits = Buffer.alloc(16)
  for (const [index, value] of asked.entries()) limits.writeBigUInt64LE(value, 8 * index)
  const [, hardest] = resourceLimit(resource, pid)
  try {
    prlimit_(pid, resourceNumbers[resource], addressOf(limits), 0)
  } catch (error) {
    throw refused(
      error,
      `The limit ${resource} cannot be set to ${shown(asked)}`,
      `A hard limit cannot be raised; here it is ${shown([hardest])}.`,
    )
  }
  requireSame(`rlimit ${resource}`, asked.join(':'), resourceLimit(resource, pid).join(':'))
}

/** What is in force now. */
export function resourceLimit(resource: Resource, pid = 0): [soft: bigint, hard: bigint] {
  const limits = Buffer.alloc(16)
  prlimit_(pid, resourceNumbers[resource], 0, addressOf(limits))
  return [limits.readBigUInt64LE(0), limits.readBigUInt64LE(8)]
}

function shown(values: readonly bigint[]): string {
  return [...new Set(values)].map((value) => (value === unlimited ? 'unlimited' : String(value))).join(':')
}

/** What was asked for, instead of the numbers of a system call. */
function refused(error: unknown, what: string, hint: string): NsboxError {
  const { errno, syscall } = error as NsboxError
  return new NsboxError(`${what}: ${errno}`, { code: 'ERR_NSBOX_SYSCALL', stage: 'seal', errno, syscall, hint })
}

/** Of a thread; 0 is this one (setpriority(2), "C library/kernel differences"). */
export function setNiceness(nice: number, tid = 0): void {
  try {
    setpriority_(PRIO_PROCESS, tid, nice)
  } catch (error) {
    const now = niceness(tid)
    throw refused(error, `The niceness cannot be set to ${nice}`, `In a sandbox it can only be raised; here it is ${now}.`)
  }
  requireSame('nice', nice, niceness(tid))
}

export function niceness(tid = 0): number {
  return getpriority_(PRIO_PROCESS, tid)
}

/** The processors that a thread may run on; 0 is this one (sched_setaffinity(2)). */
export function setAllowedCpus(cpus: readonly number[], tid = 0): void {
  const mask = cpuMask(cpus)
  sched_setaffinity_(tid, mask.length, addressOf(mask))
  requireSame('cpus-allowed', mask.toString('hex'), maskNow(tid).toString('hex'))
}

export function allowedCpus(tid = 0): number[] {
  const cpus: number[] = []
  for (const [index, byte] of maskNow(tid).entries())
    for (let bit = 0; byte >> bit !== 0; bit++) if ((byte >> bit) & 1) cpus.push(8 * index + bit)
  return cpus
}

function maskNow(tid: number): Buffer {
  const mask = Buffer.alloc(maskLength)
  sched_getaffinity_(tid, mask.length, addressOf(mask))
  return mask
}

/** A bit for each processor; 8192 is the most that CONFIG_NR_CPUS allows. */
const maskLength = 1024

function cpuMask(cpus: readonly number[]): Buffer {
  const mask = Buffer.alloc(maskLength)
  for (const cpu of cpus) mask.writeUInt8(mask.readUInt8(cpu >> 3) | (1 << (cpu & 7)), cpu >> 3)
  return mask
}

function requireSame(limit: string, asked: string | number, got: string | number): void {
  if (asked === got) return
  throw new NsboxError(`${limit} was set to ${asked}, and the kernel holds ${got}`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal' })
}
