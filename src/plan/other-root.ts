// A sandbox with another root directory.

import { usualDevices } from './devices.ts'
import type { HostFacts } from './host-facts.ts'
import {
  allowedSteps,
  beforeMounts,
  deviceStep,
  extraMountSteps,
  heldFor,
  hideStep,
  lastPlaceSteps,
  passThroughSteps,
  procStep,
  scratchOf,
} from './mount-steps.ts'
import { nameSteps } from './name-steps.ts'
import { isAroundAny, outermost } from './paths.ts'
import { placeSteps } from './places.ts'
import type { Namespace, SealStep } from './plan.ts'
import type { BindMount, RunRequest, SandboxRequest } from './request.ts'
import { step } from './step.ts'

/** Private directories and their modes, as file-hierarchy(7) has them. */
const shared = { '/tmp': 0o1777, '/var/tmp': 0o1777, '/run': 0o755 }

/** The sandbox gets another root, and of the host's tree only what is asked for. */
export function otherRootSteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts, rootfs: string): SealStep[] {
  const overlays = outermost(request.overlays, Object.keys(shared))
  const isAround = ({ target }: BindMount) => isAroundAny([...overlays, ...Object.keys(shared)], target)
  const scratch = scratchOf(host, [rootfs, ...overlays, ...host.allowed.map(({ source }) => source)])
  const hostProc = own.includes('pid') ? [] : ['/proc']
  const held = [
    '/',
    rootfs,
    ...[...usualDevices, ...run.devices].map((name) => `/dev/${name}`),
    ...(run.terminal === null ? [] : [run.terminal]),
    ...hostProc,
    ...(own.includes('net') ? [] : host.resolverConfiguration),
    ...heldFor(overlays, request, run, host),
  ]
  return [
    ...beforeMounts(held, request, own, host, scratch),
    step('the root is that directory under a throwaway layer', {
      do: 'pivot-root',
      rootfs,
      scratch,
      layers: request.layers?.[rootfs] ?? [],
    }),
    ...(own.includes('pid')
      ? [procStep()]
      : hostProc.map((path) =>
          step('processes of the host are seen, as asked', { do: 'bind', source: path, target: path, writable: false }),
        )),
    ...placeSteps({ shared, overlays, around: host.allowed.filter(isAround), hidden: [] }, request, host, scratch),
    ...passThroughSteps(request),
    ...(own.includes('net')
      ? []
      : host.resolverConfiguration.map((source) =>
          step('names resolve as on the host, whose network it is', { do: 'bind', source, target: '/etc/resolv.conf', writable: false }),
        )),
    deviceStep(run),
    ...(own.includes('pid') ? [hideStep(host)] : []),
    ...extraMountSteps(run),
    ...allowedSteps(host.allowed.filter((mount) => !isAround(mount))),
    ...nameSteps(request, own, host, scratch),
    step("the host's tree is gone, and with it the last way back", { do: 'leave-root' }),
    ...lastPlaceSteps(request, own, host),
  ]
}
