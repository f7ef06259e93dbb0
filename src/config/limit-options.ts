// Limits as they are asked for, alike in the options of runs, of the pool and of its rules.

import type { LiftableLimit } from '../plan/limits.ts'
import type { Size } from './run-options.ts'

export interface LimitOptions {
  /**
   * Time on processors: 0.5 is half of one, 2 is two of them. A text may name the period that it is counted
   * over, which is 100 ms: `'0.25/20ms'`.
   */
  cpu?: number | string
  /** Share of processors that others want too, 1 to 10000, where 100 is the usual. */
  cpuWeight?: number
  /** Processors it may run on: `[0, 2]` or `'0-2'`. */
  cpus?: number[] | string
  /** Memory of all its processes, files in memory included. What needs more is killed. */
  memory?: Size
  /** Memory from which on the kernel slows it down and takes back what it can. Without `memory` above it, it may come to a halt. */
  memoryHigh?: Size
  /** Processes and threads at once. */
  pids?: number
  /** Speed of disks. */
  io?: IoOptions[]
  /** Memory in huge pages, by the size of a page: `{ '2MB': '64M' }`. */
  hugetlb?: Record<string, Size>
}

/** Null lifts a limit. */
export type LimitChanges = { [Name in keyof LimitOptions]: LimitOptions[Name] | (Name extends LiftableLimit ? null : never) }

export interface IoOptions {
  /** A block device, or `MAJOR:MINOR`. */
  device: string
  /** Bytes a second. */
  read?: Size
  write?: Size
  /** Operations a second. */
  reads?: number
  writes?: number
}

/** Where limits are to come from. */
export interface LimitSourceOptions {
  /**
   * `cgroup` is the kernel, in a cgroup that this user was given; `emulation` is the sandbox's own first process,
   * which watches the others. `auto` is the first for whatever it can hold, and the second for the rest.
   * @default 'auto'
   */
  limitsBy?: 'auto' | 'cgroup' | 'emulation'
  /** Directory of a cgroup to make those of sandboxes in. @default found by trying */
  cgroupParent?: string
}
