// What the plan needs to know of the host.

import type { Arch } from '../sys/syscall-numbers.ts'
import type { IdRange } from './plan.ts'
import type { BindMount } from './request.ts'
import type { UserCounts } from './user-counts.ts'

/** All paths are real paths of directories that exist. */
export interface HostFacts {
  arch: Arch
  uid: number
  gid: number
  /** What the host calls itself. */
  hostName: string
  /** The ids the caller may map: those of root that has the power to, else null. */
  mappable: { uid: IdRange[]; gid: IdRange[] } | null
  /** What /etc/subuid and /etc/subgid grant the caller, where a run asks for it. */
  subordinate: { uid: SubordinateRange[]; gid: SubordinateRange[] }
  /** The caller's home, or null when there is none that could be overlaid. */
  home: string | null
  /** Directories in which processes share files, with their modes. Each becomes an empty tmpfs. */
  sharedDirectories: Record<string, number>
  /** For each directory that cannot be put under one overlay, what to rebuild it from: parents first. */
  rebuilt: Record<string, OverlayPart[]>
  /** Where overlays keep what is written: memory, or a directory on disk. */
  upper: { on: 'tmpfs' } | { on: 'disk'; directory: string }
  /** Files that must stay readable though a shared directory hides them, such as node itself. */
  keepVisible: string[]
  /** The file behind /etc/resolv.conf, if there is one. */
  resolverConfiguration: string[]
  /** Files of /proc that exist here and show keys and processes of all namespaces. */
  withoutNamespace: string[]
  /** Limits of the resources that the kernel counts per user. */
  userCounts: UserCounts
  /** What lies at the paths that a request allows, by the names that it has for them. Targets need not be real paths. */
  allowed: BindMount[]
}

export interface SubordinateRange {
  outside: number
  count: number
}

/** A piece of a directory that holds mounts. */
export type OverlayPart =
  /**
   * With `without`, the lower is a copy of the directory's files and links but for these names: its directories are parts of their own.
   * `ifThere`: the host may remove it before the sandbox is made.
   */
  | { kind: 'overlay'; path: string; without?: string[]; ifThere?: true }
  /** As it is, read-only: the caller may not look into it. */
  | { kind: 'bind'; path: string }
  /** An empty directory in place of one that must not be shown. */
  | { kind: 'tmpfs'; path: string; mode: number }
