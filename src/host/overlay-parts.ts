// How a directory can be put under overlays.
//
// The kernel refuses a lower directory that holds a mount which this user namespace did not make
// (EINVAL: what the mount covers could be seen). Such a directory is rebuilt: a tmpfs with an overlay
// for each entry, down to the mounts.

import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isWithin } from '../plan/paths.ts'
import type { OverlayPart } from '../plan/sandbox-plan.ts'

/** Larger files beside a mount are shown as they are, read-only, instead of being copied. In bytes. */
const copyLimit = 1 << 20

/** One overlay where that can be; else the parts to rebuild it from, parents first. */
export function overlayParts(directory: string, mounts: readonly string[] = mountPoints()): OverlayPart[] {
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

/** Fifth field of proc_pid_mountinfo(5), where a space is written \\040. */
function mountPoints(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return lines.map((line) =>
    (line.split(' ')[4] ?? '/').replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
  )
}
