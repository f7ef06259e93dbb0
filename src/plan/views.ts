// Finds other mounts that show what is private in a sandbox.

import type { MountPoint } from '../sys/mount-points.ts'
import { isWithin } from './paths.ts'
import type { Namespace } from './plan.ts'

/** File systems that show the contents of a namespace, and where the sandbox mounts its own. */
export const views: Partial<Record<Namespace, { type: string; at: string }>> = {
  pid: { type: 'proc', at: '/proc' },
  net: { type: 'sysfs', at: '/sys' },
  // A program that reads a queue's file may take its messages (mq_overview(7)).
  ipc: { type: 'mqueue', at: '/dev/mqueue' },
}

/** Returns the paths at which other mounts show a directory. Something else may be mounted over them. */
export function otherPathsOf(directory: string, mounts: readonly MountPoint[]): string[] {
  const own = mountOf(directory, mounts)
  if (!own) return []
  const inside = join(own.root, below(directory, own.path))
  return mounts
    .filter((mount) => mount !== own && mount.device === own.device && isWithin(inside, mount.root))
    .map(({ path, root }) => join(path, below(inside, root)))
    .filter((path) => !isWithin(path, directory))
}

function mountOf(directory: string, mounts: readonly MountPoint[]): MountPoint | undefined {
  let own: MountPoint | undefined
  for (const mount of mounts) if (isWithin(directory, mount.path) && (!own || own.path.length <= mount.path.length)) own = mount
  return own
}

/** Returns the rest of the path, with its slash; empty for the directory itself. */
function below(path: string, directory: string): string {
  return directory === '/' ? path : path.slice(directory.length)
}

function join(directory: string, rest: string): string {
  if (rest === '' || rest === '/') return directory
  return directory === '/' ? rest : directory + rest
}

/** Directories that are private in every sandbox. */
export function privateDirectories(shared: readonly string[]): string[] {
  return [...shared, '/dev/shm']
}
