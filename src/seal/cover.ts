// Covers other mounts of what is private inside, such as the /proc of a chroot, or a /tmp that is bound elsewhere.

import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { isWithin } from '../plan/paths.ts'
import type { CoverPlan } from '../plan/plan.ts'
import { otherPathsOf } from '../plan/views.ts'
import { mountTmpfs } from '../sys/mount.ts'
import { type MountPoint, mountPoints } from '../sys/mount-points.ts'
import { readSmall } from '../sys/small-file.ts'
import type { SysError } from '../sys/sys-error.ts'
import { mask } from './mask.ts'

/**
 * Runs before anything else is mounted. In this copy of the host's mounts, outer ones come before those inside them, and of several
 * at one place the last is on top. `isNeeded` is true for directories in which later steps mount something.
 */
export function coverOtherViews({ types, places }: CoverPlan, isNeeded: (path: string) => boolean): void {
  const mountinfo = readSmall('/proc/self/mountinfo')
  if (Object.entries(types).every(([type, at]) => isOnlyAt(at, type, mountinfo)) && places.every((place) => isOnce(place, mountinfo)))
    return
  const mounts = mountPoints()
  for (const mount of mounts) {
    const replaced = types[mount.type]
    if (replaced !== undefined && !isWithin(mount.path, replaced) && isSeen(mount)) cover(mount.path, isNeeded)
  }
  for (const place of places) {
    for (const path of otherPathsOf(place, mounts)) if (isSame(path, place)) cover(path, isNeeded)
  }
}

/** A quick look, for each sandbox: on most machines there is nothing to cover, and nothing to parse. */
function isOnlyAt(at: string, type: string, mountinfo: string): boolean {
  const found = mountinfo.indexOf(` - ${type} `)
  if (found !== mountinfo.lastIndexOf(` - ${type} `)) return false
  return found === -1 || mountinfo.slice(mountinfo.lastIndexOf('\n', found) + 1, found).includes(` ${at} `)
}

/** False too where stat(2) has another device than mountinfo, as on btrfs. */
function isOnce(place: string, mountinfo: string): boolean {
  const stats = lookAt(place)
  if (!stats) return true
  const device = ` ${deviceOf(stats)} `
  const found = mountinfo.indexOf(device)
  return found !== -1 && found === mountinfo.lastIndexOf(device)
}

/** Returns false for a mount that another one hides. */
function isSeen({ path, device }: MountPoint): boolean {
  const stats = lookAt(path)
  return stats !== undefined && deviceOf(stats) === device
}

function isSame(path: string, directory: string): boolean {
  const [there, here] = [lookAt(path), lookAt(directory)]
  return there !== undefined && here !== undefined && there.dev === here.dev && there.ino === here.ino
}

/** Returns undefined for a path that is hidden, or that the caller, and so the payload, cannot reach. */
function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path)
  } catch {
    return undefined
  }
}

/** Formats the device as mountinfo does. The bits are those of makedev(3). */
function deviceOf({ dev }: Stats): string {
  const [high, low] = [Math.floor(dev / 2 ** 32), dev % 2 ** 32]
  const major = ((low >>> 8) & 0xfff) | (high & ~0xfff)
  const minor = (low & 0xff) | ((low >>> 12) & ~0xff)
  return `${major}:${minor}`
}

/** Mounts an empty, read-only file or directory. If later steps need places in it, a small tmpfs has room for those and little else. */
function cover(path: string, isNeeded: (path: string) => boolean): void {
  try {
    if (isNeeded(path)) mountTmpfs(path, { mode: 0o555, size: 1 << 16, inodes: 1 << 10 })
    else mask(path)
  } catch (error) {
    if ((error as SysError).errno !== 'ENOENT' || isReadable(path)) throw error
  }
}

/** Returns false for a mount of what procfs had for a process that is gone: nothing can be mounted over it, and it shows nothing any more. */
function isReadable(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) readdirSync(path)
    else readFileSync(path)
    return true
  } catch (error) {
    return !['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}
