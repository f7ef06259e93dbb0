// Orders the mounts of private directories and overlays: each is mounted after the ones that contain it.

import type { HostFacts } from './host-facts.ts'
import { extraMountStep, partStep, partsOf, sharedStep } from './mount-steps.ts'
import type { SealStep } from './plan.ts'
import type { BindMount, SandboxRequest } from './request.ts'
import { step } from './step.ts'

export interface Places {
  /** Modes by path. */
  shared: Record<string, number>
  overlays: readonly string[]
  /** Allowed directories that contain others of these places and must not cover them. */
  around: readonly BindMount[]
  /** Files and directories that are needed and that a private directory would hide. */
  hidden: readonly string[]
}

export function placeSteps(
  { shared, overlays, around, hidden }: Places,
  request: SandboxRequest,
  host: HostFacts,
  scratch: string,
): SealStep[] {
  const places: { path: string; steps: SealStep[] }[] = [
    ...Object.entries(shared).map(([path, mode]) => ({ path, steps: [sharedStep(path, mode, request)] })),
    ...around.map((mount) => ({ path: mount.target, steps: [extraMountStep(mount)] })),
    ...hidden.map((path) => ({ path, steps: [visibleStep(path)] })),
    ...overlays.map((path) => ({ path, steps: partsOf(path, overlays, host).map((part) => partStep(part, scratch, request)) })),
  ]
  // The sort is stable: an overlay at the same path as a private directory is mounted over it.
  return places.sort((a, b) => a.path.length - b.path.length).flatMap(({ steps }) => steps)
}

function visibleStep(path: string): SealStep {
  return step('it lies in a directory that is private now, and is needed', { do: 'bind', source: path, target: path, writable: false })
}
