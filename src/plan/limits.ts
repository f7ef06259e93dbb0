// Limits of a sandbox as pure data. What is missing is not limited.

export interface Limits {
  /** Time on processors: a share of 0.5 is half of one. Counted over each period, in milliseconds. */
  cpu?: CpuLimit
  /** Share of contended processors, 1 to 10000; 100 is what everybody has. */
  cpuWeight?: number
  /** Processors that may be used, by number. */
  cpus?: number[]
  /** Bytes. */
  memory?: number
  /** Bytes above which the kernel slows down and takes memory back. */
  memoryHigh?: number
  /** Processes and threads, besides init. */
  pids?: number
  io?: IoLimit[]
  /** Bytes in huge pages, by the size of a page as the kernel writes it: `2MB`. */
  hugetlb?: Record<string, number>
}
export type LimitName = keyof Limits
export const limitNames: readonly LimitName[] = ['cpu', 'cpuWeight', 'cpus', 'memory', 'memoryHigh', 'pids', 'io', 'hugetlb']

/** The limits among other options. */
export function limitsAmong<T extends LimitsChange>(options: T): LimitsChange {
  return Object.fromEntries(limitNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])))
}

export type LiftableLimit = Exclude<LimitName, 'io' | 'hugetlb'>

/** Null lifts a limit. */
export type LimitsChange = { [Name in LiftableLimit]?: Limits[Name] | null } & Pick<Limits, 'io' | 'hugetlb'>

export interface CpuLimit {
  share: number
  periodMs: number
  /** All processors are seen and used, however small the share is. */
  spread?: true
  /** Where init holds it and it is not spread: which of the processors comes first. */
  first?: number
}

export interface IoLimit {
  /** `MAJOR:MINOR`. */
  device: string
  /** Bytes a second. */
  rbps?: number
  wbps?: number
  /** Operations a second. */
  riops?: number
  wiops?: number
}

/** What a sandbox's own init can hold without a cgroup. */
export type EmulatedLimits = Pick<Limits, 'cpu' | 'cpuWeight' | 'cpus' | 'memory' | 'pids'>

/** A change while the sandbox runs: what is missing stays as it is, null lifts the limit. */
export type EmulatedChange = Pick<LimitsChange, keyof EmulatedLimits>
