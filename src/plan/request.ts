// What is asked of a sandbox.

import type { EmulatedLimits, Limits } from './limits.ts'
import type { LastAction, Namespace, Seal } from './plan.ts'
import type { Reach } from './reach.ts'
import type { Traffic } from './traffic.ts'

export interface SandboxRequest extends Pick<Reach, 'net'>, Partial<Omit<Reach, 'net'>> {
  seal: Seal
  uid: 'root' | 'caller'
  hostname: string
  /** Directories to put under a throwaway overlay, besides the home. Real paths. */
  overlays: string[]
  /** Directories whose writes reach the host, such as the one for coverage. Real paths. */
  passThrough: string[]
  /** Directories that are empty inside, whose files the host fetches while the sandbox runs. */
  fetched?: string[]
  /** Directories and files that must stay readable wherever they lie. Real paths. */
  visible: string[]
  cwd: string
  /** The changes of each overlay are wanted separately, so nested ones must not share an upper. */
  apart?: boolean
  /** Directories that lie between an overlay and what is written, the first on top; by overlay. */
  layers?: Record<string, string[]>
  /** Most bytes of files in what overlays keep, and in each private directory. */
  disk?: number | undefined
  /** Most inotify(7) watches of each of its users. */
  inotify?: number | undefined
  /** Most files and directories, in each of them. */
  inodes?: number | undefined
  /** A directory of the host that is its /tmp, for sandboxes that are to meet there. Real path. */
  tmp?: string | undefined
  /** How packets arrive at its localhost. */
  traffic?: Traffic | undefined
  /** `none`: /etc/hosts alone tells addresses by name. */
  dns?: 'none' | undefined
  /** Limits that its init sees to. */
  emulated?: EmulatedLimits
  /** Its init may be told to see to limits, and shows them to the programs. */
  limitFiles?: boolean
  /** It is born in a cgroup of its own, which its programs may look at. */
  ownCgroup?: boolean
  /** More of what a program's run may ask for; vitest's workers do without. */
  run?: RunRequest
}

/** All paths are real, but for targets, which need not exist. */
export interface RunRequest {
  /** Namespaces of the host that the sandbox stays in. */
  hostNamespaces: Namespace[]
  /** Nanoseconds, as decimal numbers, or null for the host's clocks. */
  clocks: { monotonic: string; boottime: string } | null
  /** `auto`: the caller's subordinate ids exist inside too. */
  mapRange: 'none' | 'auto'
  mounts: ExtraMount[]
  /** Another root directory, under a throwaway overlay. */
  rootfs: string | null
  /** Device nodes below /dev, besides the usual. */
  devices: string[]
  /** The terminal that the program shares with the caller. */
  terminal: string | null
  limits: LastAction[]
}

/** `devices`: the source is a device or a directory of devices, and they can be opened. */
export type BindMount = { kind: 'bind'; source: string; target: string; writable: boolean; devices?: true }

export type ExtraMount = BindMount | { kind: 'tmpfs'; target: string; size?: number; inodes?: number } | { kind: 'mask'; target: string }

/** Which limits, and what may hold them. */
export interface LimitRequest {
  limits: Limits
  by: LimitsBy
  seal: Seal
  /** Directory of a cgroup to make those of sandboxes in. */
  parent: string | undefined
}

export type LimitsBy = 'auto' | 'cgroup' | 'emulation'

/** What vitest's workers ask for. */
export const plainRun: RunRequest = {
  hostNamespaces: [],
  clocks: null,
  mapRange: 'none',
  mounts: [],
  rootfs: null,
  devices: [],
  terminal: null,
  limits: [],
}
