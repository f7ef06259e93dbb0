// What a sandbox keeps in file systems of its own that lie in memory.

import { statfsSync, statSync } from 'node:fs'
import type { SandboxPlan } from '../plan/plan.ts'
import { close, openPath } from '../sys/descriptor.ts'

const TMPFS_MAGIC = 0x01021994
const OVERLAYFS_SUPER_MAGIC = 0x794c7630

/** Handles to them, because directories above a mount can be renamed. */
export class OwnTmpfs {
  readonly #handles: readonly number[]

  constructor(plan: SandboxPlan) {
    this.#handles = placesOf(plan).map(openPath)
  }

  get bytes(): number {
    let bytes = 0
    for (const fd of this.#handles) {
      const { blocks, bfree, bsize } = statfsSync(`/proc/self/fd/${fd}`)
      bytes += (blocks - bfree) * bsize
    }
    return bytes
  }

  /** In the payload. */
  close(): void {
    for (const fd of this.#handles) close(fd)
  }
}

/** A place in each of them, once all is mounted. */
function placesOf({ steps }: SandboxPlan): string[] {
  const targets = steps.flatMap((step) => (step.do === 'tmpfs' ? [step.target] : step.do === 'dev' ? ['/dev', '/dev/shm'] : []))
  const overlay = steps.find((step) => step.do === 'overlay' || step.do === 'pivot-root')
  // The first that is mounted there; what covers it is another.
  const scratch = steps.find((step) => (step.do === 'tmpfs' || step.do === 'bind') && step.target === overlay?.scratch)
  const inMemory = scratch?.do === 'tmpfs'
  const places = new Map<number, string>()
  for (const target of targets) addPlace(places, target, TMPFS_MAGIC)
  // Out of sight is the one that overlays write to; statfs(2) of an overlay tells of its upper.
  if (overlay && inMemory) addPlace(places, overlay.do === 'overlay' ? overlay.target : '/', OVERLAYFS_SUPER_MAGIC)
  return [...places.values()]
}

function addPlace(places: Map<number, string>, path: string, type: number): void {
  try {
    if (statfsSync(path).type === type) places.set(statSync(path).dev, path)
  } catch {
    // A step before has failed, and the plan only preferred it; or another mount hides it.
  }
}
