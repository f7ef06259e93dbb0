// Which part of the kernel holds each limit here. Pure: no I/O.

import type { EmulatedChange, IoLimit, LiftableLimit, LimitName, Limits, LimitsChange } from './limits.ts'

/** What there is to hold limits with. */
export interface LimitMeans {
  /** Controllers that limit the cgroups of sandboxes; none where there are no such cgroups. */
  controllers: readonly string[]
  /** Why there are none, or not all. */
  why: string
  /** Whether the sandbox's own init may hold what no cgroup does. */
  emulation: boolean
}

/** One file of the sandbox's cgroup. */
export interface CgroupWrite {
  limit: LimitName
  file: string
  value: string
}

/** How a limit is held, in words for a report: `cgroup cpu.max`. */
export type HeldLimits = Partial<Record<LimitName, string>>

export interface MissingLimit {
  limit: LimitName
  why: string
}

export interface LimitPlan {
  /** In the order in which they are written. */
  writes: CgroupWrite[]
  emulated: EmulatedChange
  held: HeldLimits
  missing: MissingLimit[]
}

const controllerOf: Record<LimitName, string> = {
  cpu: 'cpu',
  cpuWeight: 'cpu',
  cpus: 'cpuset',
  memory: 'memory',
  memoryHigh: 'memory',
  pids: 'pids',
  io: 'io',
  hugetlb: 'hugetlb',
}

const emulations: Partial<Record<LimitName, string>> = {
  cpu: 'emulated by SIGSTOP/SIGCONT',
  cpuWeight: 'emulated by niceness',
  cpus: 'sched_setaffinity',
  memory: 'emulated by polling PSS, and SIGKILL',
  pids: 'RLIMIT_NPROC of the user namespace',
}

export function limitPlan(limits: LimitsChange, means: LimitMeans): LimitPlan {
  const plan: LimitPlan = { writes: [], emulated: {}, held: {}, missing: [] }
  for (const limit of Object.keys(limits) as LimitName[]) {
    if (limits[limit] === undefined) continue
    const controller = controllerOf[limit]
    const emulation = emulations[limit]
    if (means.controllers.includes(controller)) {
      const writes = limits[limit] === null ? [unlimited(limit as LiftableLimit)] : writesOf[limit](limits as Limits)
      plan.writes.push(...writes)
      plan.held[limit] = `cgroup ${writes[0]?.file}`
    } else if (emulation !== undefined && means.emulation) {
      Object.assign(plan.emulated, { [limit]: limits[limit] })
      plan.held[limit] = emulation
    } else {
      const without = emulation === undefined ? 'nothing stands in for it' : 'what could stand in for it was excluded by limitsBy'
      plan.missing.push({ limit, why: `no cgroup with the controller ${controller} (${means.why}), and ${without}` })
    }
  }
  return plan
}

function unlimited(limit: LiftableLimit): CgroupWrite {
  const [file, value] = unlimitedFiles[limit]
  return { limit, file, value }
}

const unlimitedFiles: Record<LiftableLimit, [file: string, value: string]> = {
  cpu: ['cpu.max', 'max'],
  cpuWeight: ['cpu.weight', '100'],
  cpus: ['cpuset.cpus', ''],
  memory: ['memory.max', 'max'],
  memoryHigh: ['memory.high', 'max'],
  pids: ['pids.max', 'max'],
}

const write = (limit: LimitName, file: string, value: string | number): CgroupWrite => ({ limit, file, value: String(value) })

/** Init is one of them, and the caller does not count it. */
const ofInit = 1

const writesOf: Record<LimitName, (limits: Limits) => CgroupWrite[]> = {
  cpu: ({ cpu }) => {
    if (!cpu) return []
    const period = Math.round(cpu.periodMs * 1000)
    return [write('cpu', 'cpu.max', `${Math.round(cpu.share * period)} ${period}`)]
  },
  cpuWeight: ({ cpuWeight = 100 }) => [write('cpuWeight', 'cpu.weight', cpuWeight)],
  cpus: ({ cpus = [] }) => [write('cpus', 'cpuset.cpus', cpus.join(','))],
  // Swap would make a cap on memory a cap on speed, and one of many processes killed would leave the rest broken.
  memory: ({ memory = 0 }) => [
    write('memory', 'memory.max', memory),
    write('memory', 'memory.swap.max', 0),
    write('memory', 'memory.oom.group', 1),
  ],
  memoryHigh: ({ memoryHigh = 0 }) => [write('memoryHigh', 'memory.high', memoryHigh)],
  pids: ({ pids = 0 }) => [write('pids', 'pids.max', pids + ofInit)],
  io: ({ io = [] }) => io.map((one) => write('io', 'io.max', ioWords(one))),
  hugetlb: ({ hugetlb = {} }) => Object.entries(hugetlb).map(([size, bytes]) => write('hugetlb', `hugetlb.${size}.max`, bytes)),
}

function ioWords({ device, ...rates }: IoLimit): string {
  return [device, ...Object.entries(rates).map(([name, rate]) => `${name}=${rate}`)].join(' ')
}
