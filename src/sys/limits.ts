// Limits of a process: resources, niceness, processors. Each is read back, because a kernel may keep less.

import { NsboxError } from '../errors.ts'
import { addressOf, bind, bindChecked } from './libc.ts'
import { type Resource, resourceNumbers } from './resources.ts'

const unlimited = 0xffff_ffff_ffff_ffffn
const setrlimit_ = bindChecked('setrlimit', 'int', ['int', 'uint64'])
const getrlimit_ = bindChecked('getrlimit', 'int', ['int', 'uint64'])
const setpriority_ = bindChecked('setpriority', 'int', ['int', 'int', 'int'])
const getpriority_ = bind('getpriority', 'int', ['int', 'int'])
const sched_setaffinity_ = bindChecked('sched_setaffinity', 'int', ['int', 'ulong', 'uint64'])
const sched_getaffinity_ = bindChecked('sched_getaffinity', 'int', ['int', 'ulong', 'uint64'])
const PRIO_PROCESS = 0

/** Null is unlimited. */
export function setResourceLimit(resource: Resource, soft: number | null, hard: number | null): void {
  const asked = [soft, hard].map((value) => (value === null ? unlimited : BigInt(value)))
  const limits = Buffer.alloc(16)
  for (const [index, value] of asked.entries()) limits.writeBigUInt64LE(value, 8 * index)
  const [, hardest] = limitsNow(resource)
  try {
    setrlimit_(resourceNumbers[resource], addressOf(limits))
  } catch (error) {
    throw refused(
      error,
      `The limit ${resource} cannot be set to ${shown(asked)}`,
      `A hard limit cannot be raised; here it is ${shown([hardest])}.`,
    )
  }
  requireSame(`rlimit ${resource}`, asked.join(':'), limitsNow(resource).join(':'))
}

function limitsNow(resource: Resource): [soft: bigint, hard: bigint] {
  const limits = Buffer.alloc(16)
  getrlimit_(resourceNumbers[resource], addressOf(limits))
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

export function setNiceness(nice: number): void {
  try {
    setpriority_(PRIO_PROCESS, 0, nice)
  } catch (error) {
    const now = getpriority_(PRIO_PROCESS, 0)
    throw refused(error, `The niceness cannot be set to ${nice}`, `In a sandbox it can only be raised; here it is ${now}.`)
  }
  requireSame('nice', nice, getpriority_(PRIO_PROCESS, 0))
}

/** The processors that this process may run on (sched_setaffinity(2)). */
export function setAllowedCpus(cpus: readonly number[]): void {
  const mask = cpuMask(cpus)
  sched_setaffinity_(0, mask.length, addressOf(mask))
  const got = Buffer.alloc(mask.length)
  sched_getaffinity_(0, got.length, addressOf(got))
  requireSame('cpus-allowed', mask.toString('hex'), got.toString('hex'))
}

/** A bit for each processor; 8192 is the most that CONFIG_NR_CPUS allows. */
function cpuMask(cpus: readonly number[]): Buffer {
  const mask = Buffer.alloc(1024)
  for (const cpu of cpus) mask.writeUInt8(mask.readUInt8(cpu >> 3) | (1 << (cpu & 7)), cpu >> 3)
  return mask
}

function requireSame(limit: string, asked: string | number, got: string | number): void {
  if (asked === got) return
  throw new NsboxError(`${limit} was set to ${asked}, and the kernel holds ${got}`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal' })
}
