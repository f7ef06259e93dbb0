// How a directory can be put under overlays.
//
// The kernel refuses a lower directory that holds a mount which this user namespace did not make
// (EINVAL: what the mount covers could be seen). Such a directory is rebuilt: a tmpfs with an overlay
// for each entry, down to the mounts.

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OverlayPart } from '../plan/host-facts.ts'
import { isWithin } from '../plan/paths.ts'
import { mountPoints } from './mount-points.ts'

/** Larger files beside a mount are shown as they are, read-only, instead of being copied. In bytes. */
const copyLimit = 1 << 20

/** One overlay where that can be; else the parts to rebuild it from, parents first. */
export function overlayParts(directory: string, mounts: readonly string[] = mountPoints().map(({ path }) => path)): OverlayPart[] {
  const inside = mounts.filter((mount) => mount !== directory && isWithin(mount, directory))
  if (inside.length === 0) return [{ kind: 'overlay', path: directory }]
  const entries = readdirSync(directory, { withFileTypes: true })
  const parts = entries.flatMap((entry): OverlayPart[] => {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) return overlayParts(path, inside)
    if (entry.isSymbolicLink()) return [{ kind: 'symlink', path, to: readlinkSync(path) }]
    if (!entry.isFile()) return []
    return [{ kind: statSync(path).size <= copyLimit && !inside.includes(path) ? 'copy' : 'bind', path }]
  })
  return [{ kind: 'tmpfs', path: directory, mode: statSync(directory).mode & 0o7777 }, ...parts]
}
