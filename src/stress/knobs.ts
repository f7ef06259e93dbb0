// What one attempt turns, as pure data. What is missing stays as the project has it.

import type { CpuLimit } from '../plan/limits.ts'

export interface Knobs {
  /** Time on processors, and the period that it is counted over: a long one stalls longer. */
  cpu?: CpuLimit
  /** How many processors. */
  cores?: number
  /** Bytes. */
  memory?: number
  /** Processes and threads. */
  pids?: number
  /** Open descriptors of each process. */
  nofile?: number
  /** inotify(7) watches. */
  inotify?: number
  /** Bytes of files. */
  disk?: number
  /** Files and directories. */
  inodes?: number
  /** All processes are stopped again and again, up to this long each time, in milliseconds. */
  freeze?: number
  /** Threads of libuv's pool, which then run when nothing else does. */
  uv?: number
  /** No network but its own localhost, whatever the project has. */
  net?: 'none'
  /** No name server answers. */
  dns?: 'none'
  /** Of each packet on the loopback interface, in milliseconds. */
  delay?: number
  /** Fraction of packets on the loopback interface. */
  loss?: number
  /** As TZ has it: `Asia/Kathmandu`; or hours ahead of UTC: `+14`. */
  tz?: string
  /** As LC_ALL has it, without an encoding: `tr_TR`. */
  locale?: string
  hostname?: string
  uid?: 'root' | 'caller'
  /** How far clocks are ahead, in milliseconds: since the start of the machine, without and with suspend; and that of the wall. */
  monotonic?: number
  boottime?: number
  /** Or what it shows when a file begins, in the local time of its time zone: `2027-01-31T23:59`. */
  clock?: number | string
  /** The order of tests in a file, of files, or both. */
  shuffle?: 'tests' | 'files' | 'all'
  /** Copies of the file at once, which share /tmp and the network. */
  twins?: number
  /** Of all that is random: the order, pulses, loss, Math.random(). */
  seed?: number
}

export type KnobName = keyof Knobs

/** One that cannot be turned here. */
export interface MissingKnob {
  knob: KnobName
  why: string
}

/** In the order of a recipe. */
export const knobNames: readonly KnobName[] = [
  'cpu',
  'cores',
  'memory',
  'pids',
  'nofile',
  'inotify',
  'disk',
  'inodes',
  'freeze',
  'uv',
  'net',
  'dns',
  'delay',
  'loss',
  'tz',
  'locale',
  'hostname',
  'uid',
  'monotonic',
  'boottime',
  'clock',
  'shuffle',
  'twins',
  'seed',
]
