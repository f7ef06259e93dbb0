// How a directory can be put under overlays.
//
// The kernel refuses a lower directory that holds a mount which this user namespace did not make
// (EINVAL: what the mount covers could be seen). Such a directory is rebuilt: a tmpfs with an overlay
// for each entry, down to the mounts.

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OverlayPart } from '../plan/host-facts.ts'
import { isWithin } from '../plan/paths.ts'
import { otherPathsOf, privateDirectories, views } from '../plan/views.ts'
import { mountPoints } from '../sys/mount-points.ts'

/** Larger files beside a mount are shown as they are, read-only, instead of being copied. In bytes. */
const copyLimit = 1 << 20

/** Returns one overlay for each directory where that is possible, and otherwise the parts to rebuild it from, parents first. */
export function overlayParts(directories: readonly string[], shared: readonly string[]): Record<string, OverlayPart[]> {
  const mounts = mountPoints()
  const types = Object.values(views).map(({ type }) => type)
  const hidden = new Set([
    ...mounts.filter(({ type }) => types.includes(type)).map(({ path }) => path),
    ...privateDirectories(shared).flatMap((directory) => otherPathsOf(directory, mounts)),
  ])
  const apart = [...mounts.map(({ path }) => path), ...hidden]
  return Object.fromEntries([...new Set(directories)].map((directory) => [directory, partsOf(directory, apart, hidden)]))
}

/** `apart` are paths that an overlay cannot show. Those in `hidden` must not be shown either, and stay empty. */
function partsOf(directory: string, apart: readonly string[], hidden: ReadonlySet<string>): OverlayPart[] {
  const inside = apart.filter((path) => path !== directory && isWithin(path, directory))
  if (inside.length === 0) return [{ kind: 'overlay', path: directory }]
  const entries = readdirSync(directory, { withFileTypes: true })
  const parts = entries.flatMap((entry): OverlayPart[] => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return hidden.has(path) ? emptyAt(path) : partsOf(path, inside, hidden)
    if (entry.isSymbolicLink()) return [{ kind: 'symlink', path, to: readlinkSync(path) }]
    if (!entry.isFile() || hidden.has(path)) return []
    return [{ kind: statSync(path).size <= copyLimit && !inside.includes(path) ? 'copy' : 'bind', path }]
  })
  return [...emptyAt(directory), ...parts]
}

/** Nothing for a mount of what procfs had for a process that is gone: stat(2) fails there. */
function emptyAt(path: string): OverlayPart[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats ? [{ kind: 'tmpfs', path, mode: stats.mode & 0o7777 }] : []
}
