// A sandbox as pure data: which namespaces, and the ordered steps that seal it.

import type { Capability } from '../sys/capabilities.ts'
import type { Resource } from '../sys/resources.ts'
import type { BpfInstruction } from '../sys/seccomp.ts'
import type { EmulatedLimits, Limits } from './limits.ts'
import type { PortPair } from './reach.ts'
import type { Traffic } from './traffic.ts'
import type { UserCounts } from './user-counts.ts'

export const namespaces = ['user', 'mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'] as const
/** The time namespace is not among them: it is made by a step, because clone(2) cannot. */
export type Namespace = (typeof namespaces)[number]

/** One line of uid_map or gid_map: `count` ids from `inside` on are those from `outside` on, on the host. */
export interface IdRange {
  inside: number
  outside: number
  count: number
}

export interface IdMaps {
  uid: IdRange[]
  gid: IdRange[]
  /**
   * Who writes them. A process of the new namespace may map its own caller and no one else, and only
   * with setgroups(2) denied; its parent may map all that it has power over (user_namespaces(7)), and
   * newuidmap(1) what /etc/subuid grants the caller.
   */
  writtenBy: 'init' | 'zygote' | 'newuidmap'
}

/** Views of the host that are covered wherever they are mounted. */
export interface CoverPlan {
  /** Types of file systems, and where the sandbox mounts its own of each. */
  types: Record<string, string>
  /** Directories that are private inside. */
  places: string[]
}

/** One step of sealing, with its reason. What is `optional` protects nothing: it is left out where it cannot be had, and reported. */
export type SealStep = { why: string; optional?: true } & SealAction

export type SealAction =
  | ({ do: 'map-ids' } & IdMaps)
  | { do: 'hostname'; name: string }
  /** Offsets are in nanoseconds, as decimal numbers. */
  | { do: 'time'; monotonic: string; boottime: string }
  | { do: 'hold'; paths: string[] }
  | { do: 'private-mounts' }
  | ({ do: 'cover' } & CoverPlan)
  | { do: 'read-only' }
  | { do: 'tmpfs'; target: string; mode: number; size?: number; inodes?: number }
  /** `devices`: the source, or devices in it, can be opened. */
  | { do: 'bind'; source: string; target: string; writable: boolean; devices?: true }
  /**
   * `layers` lie between what is written and the directory itself, the first on top. With `without`, a copy of its files and links
   * takes the directory's place, but for these names. With `ifThere`, nothing is done where the host has no such directory any more.
   */
  | { do: 'overlay'; target: string; scratch: string; layers: string[]; without?: string[]; ifThere?: true }
  /** An overlay over `rootfs` becomes the root; the old one is out of sight but can be reached until `leave-root`. */
  | { do: 'pivot-root'; rootfs: string; scratch: string; layers: string[] }
  | { do: 'leave-root' }
  | { do: 'mask'; target: string }
  /** The files exist, whichever /proc it is. */
  | { do: 'hide'; paths: string[] }
  /** A read-only file of these lines; with `more`, those that were there follow. With `ifThere`, only over a file. It lies in `scratch`. */
  | { do: 'lines'; target: string; lines: string[]; more: boolean; ifThere?: true; scratch: string }
  /** `console` is the caller's terminal, on the host. */
  | { do: 'dev'; nodes: string[]; console: string | null }
  | { do: 'proc' }
  /** Left out where the host has no sysfs there. */
  | { do: 'sys' }
  /** Where there is such a directory. */
  | { do: 'cgroup'; target: string }
  /** Files like those of a cgroup, which init writes and programs read. Where there is such a directory. */
  | { do: 'limit-files'; target: string }
  | { do: 'loopback' }
  /** Another interface, for addresses of the machine's own. */
  | { do: 'interface'; name: string; mac: string; addresses: readonly string[] }
  /** Of all packets that arrive at localhost: by the kernel, or by the host, which is passed a queue of them. */
  | ({ do: 'traffic' } & Traffic)
  /** Sockets that listen on localhost; the host accepts on them and leads to its own. */
  | { do: 'forward'; ports: PortPair[] }
  /** Sockets through which the host connects to localhost, for whoever connects to its own. */
  | { do: 'expose'; ports: PortPair[] }
  /** Sockets of localhost's port 53, which the host answers at: addresses by name. */
  | { do: 'name-server'; hosts: Record<string, string> }
  | { do: 'chdir'; path: string }
  | { do: 'oom-score'; score: number }
  /** Files of /proc/sys/user, which apply to the sandbox's own user namespace, and resource limits. */
  | ({ do: 'user-counts' } & UserCounts)
  | { do: 'capabilities'; keep: Capability[] }
  | { do: 'no-new-privs' }
  | { do: 'seccomp'; filter: BpfInstruction[] }

/** Steps of the payload's own process, right before it becomes the program: they would hinder the others. */
export type LastStep = { why: string } & LastAction

export type LastAction =
  /** Null is unlimited. */
  { do: 'rlimit'; resource: Resource; soft: number | null; hard: number | null } | { do: 'nice'; value: number }

export interface SandboxPlan {
  namespaces: Namespace[]
  steps: SealStep[]
  lastSteps: LastStep[]
  /** Limits that were asked for; what holds them is found when it runs. */
  limits?: Limits
  /** Limits that init sees to, where there is no cgroup that does. */
  emulated?: EmulatedLimits
  seal: Seal
}

export const seals = ['require', 'prefer', 'optional'] as const
/**
 * What a step that fails does. `require`: it ends the sandbox. `prefer`: it is reported and left out, unless files of the host
 * would be written to without it. `optional`: even then.
 */
export type Seal = (typeof seals)[number]
