// A sandbox that keeps the host's tree.

import type { HostFacts } from './host-facts.ts'
import {
  allowedSteps,
  beforeMounts,
  deviceStep,
  extraMountSteps,
  fetchedSteps,
  heldFor,
  hideStep,
  lastPlaceSteps,
  limitFilesStep,
  ownCgroupStep,
  passThroughSteps,
  procStep,
  scratchOf,
  sysStep,
} from './mount-steps.ts'
import { nameSteps } from './name-steps.ts'
import { byLength, innermost, isAroundAny, isWithin, outermost } from './paths.ts'
import { placeSteps } from './places.ts'
import type { Namespace, SealStep } from './plan.ts'
import type { BindMount, RunRequest, SandboxRequest } from './request.ts'

/** The sandbox keeps the host's tree, read-only but for what is mounted over it. */
export function hostRootSteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts): SealStep[] {
  const shared = Object.keys(host.sharedDirectories)
  const overlays = overlaysOf(request, host, shared)
  const hidden = outermost(
    [...host.keepVisible, ...request.visible].filter((path) => isHidden(path, shared, overlays)),
    shared,
  )
  const scratch = scratchOf(host, [...overlays, ...host.allowed.map(({ source }) => source)])
  const isAround = ({ target }: BindMount) => isAroundAny([...overlays, ...shared], target)
  const [withDevices, others] = [true, false].map((within) => {
    return Object.fromEntries(Object.entries(host.sharedDirectories).filter(([path]) => isWithin(path, '/dev/shm') === within))
  }) as [HostFacts['sharedDirectories'], HostFacts['sharedDirectories']]
  const places = { shared: others, overlays, around: host.allowed.filter(isAround), hidden }
  const held = [...hidden, ...heldFor(overlays, request, run, host)]
  return [
    ...beforeMounts(held, request, own, host, scratch),
    ...placeSteps(places, request, host, scratch),
    ...passThroughSteps(request),
    ...fetchedSteps(request),
    deviceStep(run),
    ...placeSteps({ shared: withDevices, overlays: [], around: [], hidden: [] }, request, host, scratch),
    ...(own.includes('pid') ? [procStep(), hideStep(host)] : []),
    ...(own.includes('net') ? [sysStep()] : []),
    ...(request.ownCgroup && own.includes('cgroup') ? [ownCgroupStep()] : []),
    ...(request.limitFiles && !request.ownCgroup ? [limitFilesStep()] : []),
    ...extraMountSteps(run),
    ...allowedSteps(host.allowed.filter((mount) => !isAround(mount))),
    ...nameSteps(request, own, host, scratch),
    ...lastPlaceSteps(request, own, host),
  ]
}

/**
 * Nested directories share the outermost overlay, so that files can be renamed and linked between them as on the host. A directory gets
 * an overlay of its own if a private directory lies in between, if it has layers, or if its changes are wanted separately.
 */
function overlaysOf({ overlays, apart, layers = {} }: SandboxRequest, { home, rebuilt }: HostFacts, shared: readonly string[]): string[] {
  const parts = Object.values(rebuilt).flatMap((all) => all.map(({ path }) => path))
  const laid = Object.keys(layers).filter((path) => !parts.includes(path))
  const all = byLength([...new Set([...overlays, ...(home === null ? [] : [home]), ...laid])])
  const outer = outermost(all, shared)
  return all.filter((path) => apart || outer.includes(path) || layers[path]?.length)
}

/** True for what a private directory covers. */
export function isHidden(path: string, shared: readonly string[], overlays: readonly string[]): boolean {
  const [hiding, showing] = [innermost(shared, path), innermost(overlays, path)]
  return hiding !== undefined && (showing === undefined || hiding.length > showing.length)
}
