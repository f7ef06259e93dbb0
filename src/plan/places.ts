// Directories that the sandbox has of its own: private and empty, or under an overlay. Each is mounted after those that it lies in.

import type { HostFacts } from './host-facts.ts'
import { extraMountStep, partStep, partsOf, sharedStep } from './mount-steps.ts'
import type { SealStep } from './plan.ts'
import type { BindMount, SandboxRequest } from './request.ts'
import { step } from './step.ts'

export interface Places {
  /** Modes by path. */
  shared: Record<string, number>
  overlays: readonly string[]
  /** Let in around others, which it must not cover. */
  around: readonly BindMount[]
  /** Files and directories that a private directory would hide. */
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
    ...overlays.map((path) => ({ path, steps: partsOf([path], host).map((part) => partStep(part, scratch, request)) })),
  ]
  // The sort is stable: an overlay at the very place of a private directory is mounted over that.
  return places.sort((a, b) => a.path.length - b.path.length).flatMap(({ steps }) => steps)
}

function visibleStep(path: string): SealStep {
  return step('it lies in a directory that is private now, and is needed', { do: 'bind', source: path, target: path, writable: false })
}
