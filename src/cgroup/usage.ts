// What a cgroup has counted.

import { readFlatKeyed, readNestedKeyed, readValue } from './interface-files.ts'

/** Null where the kernel, or the controllers that are switched on, do not tell. */
export interface CgroupUsage {
  /** Microseconds of CPU time. */
  userMicros: number
  systemMicros: number
  /** Microseconds for which processes that could run were held back by cpu.max. */
  throttledMicros: number | null
  periods: number | null
  throttledPeriods: number | null
  /** Bytes (Linux 5.19). */
  memoryPeak: number | null
  /** Processes that the out-of-memory killer ended. */
  oomKills: number | null
  /** Most processes and threads at once (Linux 6.1). */
  pidsPeak: number | null
  /** Times that fork(2) was refused. */
  pidsRefused: number | null
  io: IoUsage | null
  pressure: Pressure | null
}

export interface IoUsage {
  readBytes: number
  writeBytes: number
  reads: number
  writes: number
}

/** Microseconds for which some, or all, of the processes waited for a resource. */
export type Pressure = Record<'cpu' | 'memory' | 'io', { some: number; full: number }>

export function usageOf(directory: string): CgroupUsage {
  const cpu = readFlatKeyed(directory, 'cpu.stat') ?? {}
  const memory = readFlatKeyed(directory, 'memory.events')
  return {
    userMicros: cpu['user_usec'] ?? 0,
    systemMicros: cpu['system_usec'] ?? 0,
    throttledMicros: cpu['throttled_usec'] ?? null,
    periods: cpu['nr_periods'] ?? null,
    throttledPeriods: cpu['nr_throttled'] ?? null,
    memoryPeak: number(readValue(directory, 'memory.peak')),
    oomKills: memory?.['oom_kill'] ?? null,
    pidsPeak: number(readValue(directory, 'pids.peak')),
    pidsRefused: readFlatKeyed(directory, 'pids.events')?.['max'] ?? null,
    io: ioUsage(directory),
    pressure: pressure(directory),
  }
}

function number(text: string | undefined): number | null {
  return text === undefined ? null : Number(text)
}

/** Over all devices. */
function ioUsage(directory: string): IoUsage | null {
  const devices = readNestedKeyed(directory, 'io.stat')
  if (!devices) return null
  const sum = (key: string) => Object.values(devices).reduce((all, device) => all + Number(device[key] ?? 0), 0)
  return { readBytes: sum('rbytes'), writeBytes: sum('wbytes'), reads: sum('rios'), writes: sum('wios') }
}

function pressure(directory: string): Pressure | null {
  const of = (resource: string) => {
    const lines = readNestedKeyed(directory, `${resource}.pressure`)
    return lines && { some: Number(lines['some']?.['total'] ?? 0), full: Number(lines['full']?.['total'] ?? 0) }
  }
  const [cpu, memory, io] = [of('cpu'), of('memory'), of('io')]
  return cpu && memory && io ? { cpu, memory, io } : null
}
