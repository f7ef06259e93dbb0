// Options of a program's sandbox: for the command and the library alike. `run-schema.ts` checks them.

import type { Limits } from '../plan/limits.ts'
import type { Seal } from '../plan/plan.ts'
import type { Net, PortPair } from '../plan/reach.ts'
import type { Resource } from '../sys/resources.ts'
import type { LimitOptions, LimitSourceOptions } from './limit-options.ts'
import type { Limit } from './quantities.ts'

/** A number counts bytes; a text has a unit of 1024: `64K`, `256M`, `1.5G`. */
export type Size = number | string
/** A number counts milliseconds; a text has its unit: `250ms`, `30s`, `5m`, `1h`. */
export type Duration = number | string

export interface Bind {
  /** What to show, on the host. A relative path starts at the caller's directory. */
  source: string
  /** Where, inside. @default the same path */
  target?: string
  /** @default false: what is written there reaches the host */
  readOnly?: boolean
}

export interface Tmpfs {
  target: string
  /** Most that its files may hold. @default half of the memory, as tmpfs(5) has it */
  size?: Size
  /** Most files and directories it may have. */
  inodes?: number
}

/** A limit of getrlimit(2): soft and hard alike, or each. In the unit of the resource: bytes, seconds (`cpu`), or a count. */
export type ResourceLimit = Size | 'unlimited' | { soft: Size | 'unlimited'; hard: Size | 'unlimited' }

export interface SandboxOptions extends LimitOptions, LimitSourceOptions {
  /**
   * What to do when a protection cannot be had on this machine: `require` starts nothing and says
   * why, `prefer` goes on with the rest and lists in the report what is missing. Without its throwaway
   * layers, so that files of the project and HOME would be written to for real, it starts nothing
   * either: only `optional` does.
   * @default 'require'
   */
  seal?: Seal
  /**
   * `none`: a network of its own, which leads nowhere. Besides localhost the machine has one address in it, and every server can be
   * reached at that too. `localhost`: without that address. `host`: the host's network. @default 'none'
   */
  net?: 'none' | 'localhost' | 'host'
  /**
   * TCP ports of the host's localhost that can be reached at localhost inside: `5432`, or `'6379:16379'` where
   * 6379 inside is 16379 of the host.
   */
  forward?: (number | string)[]
  /**
   * TCP ports of localhost inside that can be reached at the host's localhost: `3000`, or `'8080:3000'` where 8080 of
   * the host is 3000 inside. With `'0:3000'` it is any that is free.
   */
  expose?: (number | string)[]
  /** Addresses of host names: `{ 'db.example': '127.0.0.1' }`. */
  hosts?: Record<string, string>
  /** `host`: processes of the host are seen. Then a sandbox whose init is killed may leave processes. @default 'private' */
  pid?: 'private' | 'host'
  /** System V IPC and POSIX message queues. @default 'private' */
  ipc?: 'private' | 'host'
  /** Host name. @default 'private' */
  uts?: 'private' | 'host'
  /** What /proc/self/cgroup shows. @default 'private' */
  cgroup?: 'private' | 'host'
  /** `private`: a time namespace, even without an offset. @default 'host' */
  time?: 'private' | 'host'
  /** How far CLOCK_MONOTONIC is ahead of the host's, in a time namespace. The time of day stays. @default 0 */
  monotonicOffset?: Duration
  /** How far CLOCK_BOOTTIME is ahead of the host's, in a time namespace. @default 0 */
  boottimeOffset?: Duration
  /** Letters, digits and hyphens, 63 at most. @default 'nsbox' */
  hostname?: string
  /** Who the program is inside. Outside it is the caller either way. @default 'root' */
  uid?: 'root' | 'caller'
  /** `auto`: the ids that /etc/subuid and /etc/subgid grant the caller exist inside, so that chown and su work. @default 'none' */
  mapRange?: 'none' | 'auto'
  /** Directories under a throwaway overlay; HOME always is. @default the caller's directory, or none with `rootfs` */
  overlays?: string[]
  /** Directories on top of the first overlay's, the first on top: kept uppers, or plain directories. */
  layers?: string[]
  binds?: Bind[]
  tmpfs?: Tmpfs[]
  /** Files and directories that are to be empty. */
  masks?: string[]
  /** Another root directory, under a throwaway overlay. Of the host's tree only what is asked for is seen. */
  rootfs?: string
  /** Devices to let in, such as `kvm` or `/dev/fuse`. */
  devices?: string[]
  /** Working directory inside. @default the caller's directory, or / with `rootfs` */
  cwd?: string
  /** Where overlays keep what is written: memory, or a temporary directory. `auto` is memory where the kernel can. @default 'auto' */
  upper?: 'auto' | 'tmpfs' | 'disk'
  /** Limits of getrlimit(2) by name: `{ nofile: 64 }`. */
  rlimits?: Partial<Record<Resource, ResourceLimit>>
  /** Niceness, -20 to 19; less than the caller's takes privilege (setpriority(2)). */
  nice?: number
  /** Most that files may hold of what overlays keep, and as much in each directory that is private, such as /tmp. In memory. */
  disk?: Size
}

export interface ProgramOptions {
  /** The whole environment. @default the caller's */
  env?: NodeJS.ProcessEnv
  /** After this long, 24 days at most, the program gets SIGTERM. */
  timeout?: Duration
  /** How long after that, 24 days at most, everything is killed. @default '5s' */
  killAfter?: Duration
}

export interface ResolvedSandboxOptions extends Limits {
  seal: Seal
  net: Net
  forward: PortPair[]
  expose: PortPair[]
  hosts: Record<string, string>
  pid: 'private' | 'host'
  ipc: 'private' | 'host'
  uts: 'private' | 'host'
  cgroup: 'private' | 'host'
  time: 'private' | 'host'
  monotonicOffset: number
  boottimeOffset: number
  hostname: string
  uid: 'root' | 'caller'
  mapRange: 'none' | 'auto'
  overlays?: string[] | undefined
  layers: string[]
  binds: Bind[]
  tmpfs: { target: string; size?: number | undefined; inodes?: number | undefined }[]
  masks: string[]
  rootfs?: string | undefined
  devices: string[]
  cwd?: string | undefined
  upper: 'auto' | 'tmpfs' | 'disk'
  rlimits: Partial<Record<Resource, Limit>>
  nice?: number | undefined
  disk?: number | undefined
  limitsBy: 'auto' | 'cgroup' | 'emulation'
  cgroupParent?: string | undefined
}

export interface ResolvedProgramOptions {
  env?: NodeJS.ProcessEnv | undefined
  /** Milliseconds. */
  timeout?: number | undefined
  killAfter: number
}

/** Where nothing is asked for. By itself, because zod costs the command's start some milliseconds. */
export const sandboxDefaults: ResolvedSandboxOptions = {
  seal: 'require',
  net: 'none',
  forward: [],
  expose: [],
  hosts: {},
  pid: 'private',
  ipc: 'private',
  uts: 'private',
  cgroup: 'private',
  time: 'host',
  monotonicOffset: 0,
  boottimeOffset: 0,
  hostname: 'nsbox',
  uid: 'root',
  mapRange: 'none',
  layers: [],
  binds: [],
  tmpfs: [],
  masks: [],
  devices: [],
  upper: 'auto',
  rlimits: {},
  limitsBy: 'auto',
}

export const programDefaults: ResolvedProgramOptions = { killAfter: 5000 }
