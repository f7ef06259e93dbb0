// Where this process stands in the cgroup tree (cgroups(7)).

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type MountPoint, mountPoints } from '../sys/mount-points.ts'

export interface CgroupPlace {
  /** `hybrid`: v2 is mounted, and some controllers are bound to v1. */
  version: 'none' | 'v1' | 'hybrid' | 'v2'
  /** Where v2 is mounted. */
  mount: string | undefined
  /** The directory of this process's own cgroup, where the mount shows it. */
  own: string | undefined
}

export function cgroupPlace(mounts: readonly MountPoint[], ownCgroups: string): CgroupPlace {
  const v1 = ownCgroups.split('\n').some((line) => /^\d+:[a-z]/.test(line))
  const unified = mounts.find(({ type }) => type === 'cgroup2')
  const path = /^0::(.*)$/m.exec(ownCgroups)?.[1]
  const version = unified ? (v1 ? 'hybrid' : 'v2') : v1 ? 'v1' : 'none'
  return { version, mount: unified?.path, own: unified && path !== undefined ? below(unified, path) : undefined }
}

/** Of a process. */
export function placeOf(pid: number | 'self'): CgroupPlace {
  return cgroupPlace(mountPoints(), readFileSync(`/proc/${pid}/cgroup`, 'utf8'))
}

/** Undefined for a cgroup outside of what is mounted: it is shown as `/..`. */
function below({ path: mountPoint, root }: MountPoint, cgroup: string): string | undefined {
  const inside = relative(root, cgroup)
  return inside.startsWith('..') ? undefined : join(mountPoint, inside)
}

/** Controllers that can be switched on in the children of this cgroup. */
export function controllersOf(directory: string): string[] {
  try {
    return readFileSync(join(directory, 'cgroup.controllers'), 'utf8').trim().split(' ').filter(Boolean)
  } catch {
    return []
  }
}
