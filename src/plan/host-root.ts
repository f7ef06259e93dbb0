// A sandbox that keeps the host's tree.

import type { HostFacts } from './host-facts.ts'
import {
  allowedSteps,
  beforeMounts,
  deviceStep,
  extraMountSteps,
  heldFor,
  lastPlaceSteps,
  limitFilesStep,
  nameSteps,
  ownCgroupStep,
  partStep,
  partsOf,
  passThroughSteps,
  procStep,
  scratchOf,
  sharedSteps,
} from './mount-steps.ts'
import { byLength, isWithin, outermost } from './paths.ts'
import type { Namespace, SealStep } from './plan.ts'
import type { BindMount, RunRequest, SandboxRequest } from './request.ts'
import { step } from './step.ts'

/** The sandbox keeps the host's tree, read-only but for what is mounted over it. */
export function hostRootSteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts): SealStep[] {
  const overlays = overlaysOf(request, host)
  const shared = byLength(host.sharedDirectories)
  const hidden = outermost([...host.keepVisible, ...request.visible]).filter(
    (path) => shared.some((directory) => isWithin(path, directory)) && !overlays.some((overlay) => isWithin(path, overlay)),
  )
  const scratch = scratchOf(host, [...overlays, ...host.allowed.map(({ source }) => source)])
  const parts = partsOf(overlays, host)
  const isAround = ({ target }: BindMount) => overlays.some((overlay) => overlay !== target && isWithin(overlay, target))
  const held = [...hidden, ...heldFor(parts, request, run, host)]
  return [
    ...beforeMounts(held, request, host, scratch),
    ...sharedSteps(shared, request),
    // These would cover the overlay in them.
    ...allowedSteps(host.allowed.filter(isAround)),
    ...parts.map((part) => partStep(part, scratch, request)),
    ...hidden.map((path) =>
      step('it lies in a directory that is private now, and is needed', { do: 'bind', source: path, target: path, writable: false }),
    ),
    ...passThroughSteps(request),
    deviceStep(run),
    ...(own.includes('pid') ? [procStep()] : []),
    ...(request.ownCgroup && own.includes('cgroup') ? [ownCgroupStep()] : []),
    ...(request.limitFiles && !request.ownCgroup ? [limitFilesStep()] : []),
    ...extraMountSteps(run),
    ...allowedSteps(host.allowed.filter((mount) => !isAround(mount))),
    ...nameSteps(request, own, scratch),
    ...lastPlaceSteps(request, own),
  ]
}

/** An overlay inside another shares its upper, unless a run wants to know what changed in each. */
function overlaysOf(request: SandboxRequest, host: HostFacts): string[] {
  const all = [...request.overlays, ...(host.home === null ? [] : [host.home])]
  return request.run ? byLength(all) : outermost(all)
}
