// A sandbox as pure data: which namespaces, and the ordered steps that seal it.

import type { Capability } from '../sys/capabilities.ts'
import type { BpfInstruction } from '../sys/seccomp.ts'

export const namespaces = ['user', 'mount', 'pid', 'net', 'ipc', 'uts', 'cgroup'] as const
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
   * with setgroups(2) denied; its parent may map all that it has power over (user_namespaces(7)).
   */
  writtenBy: 'init' | 'zygote'
}

/** One step of sealing, with its reason. */
export type SealStep = { why: string } & SealAction

export type SealAction =
  | ({ do: 'map-ids' } & IdMaps)
  | { do: 'hostname'; name: string }
  | { do: 'hold'; paths: string[] }
  | { do: 'private-mounts' }
  | { do: 'read-only' }
  | { do: 'tmpfs'; target: string; mode: number; size?: number }
  | { do: 'bind'; source: string; target: string; writable: boolean }
  | { do: 'copy'; source: string; target: string }
  | { do: 'symlink'; target: string; to: string }
  | { do: 'overlay'; target: string; scratch: string }
  | { do: 'dev' }
  | { do: 'proc' }
  | { do: 'loopback' }
  | { do: 'chdir'; path: string }
  | { do: 'oom-score'; score: number }
  | { do: 'capabilities'; keep: Capability[] }
  | { do: 'no-new-privs' }
  | { do: 'seccomp'; filter: BpfInstruction[] }

export interface SandboxPlan {
  namespaces: Namespace[]
  steps: SealStep[]
  /** `require`: a step that fails ends the sandbox. `prefer`: it is reported and left out. */
  seal: 'require' | 'prefer'
}
