// How a directory can be put under overlays.
//
// The kernel refuses a lower directory that holds a mount which this user namespace did not make
// (EINVAL: what the mount covers could be seen). Such a directory is rebuilt: an overlay over a copy of its
// files, with an overlay for each directory in it, down to the mounts.

import { isUtf8 } from 'node:buffer'
import { constants, type Dirent, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { OverlayPart } from '../plan/host-facts.ts'
import { isWithin } from '../plan/paths.ts'
import { otherPathsOf, privateDirectories, views } from '../plan/views.ts'
import { whyNoAccess } from '../sys/access.ts'
import { mountPoints } from '../sys/mount-points.ts'

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
  const entries = namedEntries(directory)
  const below = entries.flatMap((entry): OverlayPart[] => {
    const path = join(directory, entry.name.toString())
    if (!entry.isDirectory()) return []
    if (hidden.has(path)) return emptyAt(path)
    return isReadable(path) ? partsOf(path, inside, hidden).map(mayVanish) : [{ kind: 'bind', path }]
  })
  const without = entries.map(({ name }) => name.toString()).filter((name) => hidden.has(join(directory, name)))
  return [{ kind: 'overlay', path: directory, without }, ...below]
}

/** Names of steps are text. */
function namedEntries(directory: string): Dirent<Buffer>[] {
  return readdirSync(directory, { withFileTypes: true, encoding: 'buffer' }).filter(({ name }) => isUtf8(name))
}

/** Also for one that is gone meanwhile: it needs no place. */
function isReadable(directory: string): boolean {
  const error = whyNoAccess(directory, constants.R_OK | constants.X_OK)
  return !error || error.code === 'ENOENT'
}

function mayVanish(part: OverlayPart): OverlayPart {
  return part.kind === 'overlay' ? { ...part, ifThere: true } : part
}

/** Nothing for a mount of what procfs had for a process that is gone: stat(2) fails there. */
function emptyAt(path: string): OverlayPart[] {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats ? [{ kind: 'tmpfs', path, mode: stats.mode & 0o7777 }] : []
}
