// From checked options to the limits that a run asks for.

import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { parseCpuList } from '../config/quantities.ts'
import { type IoLimit, type Limits, type LimitsChange, limitsAmong } from '../plan/limits.ts'
import type { Seal } from '../plan/plan.ts'
import type { LimitRequest, LimitsBy } from '../plan/request.ts'
import { wrong } from './paths.ts'

/** Options, checked, that limits are asked for with. */
export interface LimitedOptions extends Limits {
  seal: Seal
  limitsBy: LimitsBy
  cgroupParent?: string | undefined
}

/** Null when nothing is to be limited or counted. @throws NsboxError ERR_NSBOX_CONFIG for what is not on this machine */
export function limitRequest(options: LimitedOptions, cwd: string): LimitRequest | null {
  const limits = limitsHere(options, cwd) as Limits
  const { limitsBy: by, cgroupParent: parent, seal } = options
  const isAsked = Object.keys(limits).length > 0 || by === 'cgroup' || parent !== undefined
  return isAsked ? { limits, by, seal, parent } : null
}

/** @throws NsboxError ERR_NSBOX_CONFIG for what is not on this machine */
export function limitsHere(options: LimitsChange, cwd: string): LimitsChange {
  const { cpus, io, ...rest } = limitsAmong(options)
  return {
    ...rest,
    ...(cpus !== undefined && { cpus: cpus === null ? null : allowedHere(cpus) }),
    ...(io !== undefined && { io: io.map((one) => ({ ...one, device: deviceNumber(one, cwd) })) }),
  }
}

/** The kernel drops processors that the caller may not use, and says nothing (sched_setaffinity(2)). */
function allowedHere(cpus: number[]): number[] {
  const list = allowedCpuList()
  const missing = cpus.filter((cpu) => !parseCpuList(list).includes(cpu))
  if (missing.length > 0) throw wrong('cpus', cpus.join(','), `this process may run on ${list}`)
  return cpus
}

/** Processors that this process may run on, as taskset(1) has them. */
export function allowedCpuList(): string {
  return /^Cpus_allowed_list:\t(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
}

/** The kernel limits whole disks: of a partition, the one that it is part of. */
function deviceNumber({ device }: IoLimit, cwd: string): string {
  if (/^\d+:\d+$/.test(device)) return device
  const path = resolve(cwd, device)
  if (!existsSync(path)) throw wrong('io', device, 'there is no such device')
  const facts = statSync(path)
  if (!facts.isBlockDevice()) throw wrong('io', device, 'it must be a block device, such as /dev/sda; lsblk lists them')
  const number = `${facts.rdev >> 8}:${facts.rdev & 0xff}`
  const place = realpathSync(`/sys/dev/block/${number}`)
  if (!existsSync(`${place}/partition`)) return number
  return readFileSync(`/sys/class/block/${basename(dirname(place))}/dev`, 'utf8').trim()
}
