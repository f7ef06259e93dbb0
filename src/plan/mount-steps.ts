// Pieces of a file system that both kinds of root share.

import type { HostFacts, OverlayPart } from './host-facts.ts'
import { nameServerSteps } from './name-steps.ts'
import { networkSteps } from './network.ts'
import { byLength, isWithin } from './paths.ts'
import type { Namespace, SealStep } from './plan.ts'
import { portSteps } from './port-steps.ts'
import type { BindMount, ExtraMount, RunRequest, SandboxRequest } from './request.ts'
import { step } from './step.ts'
import { trafficSteps } from './traffic.ts'
import { privateDirectories, views } from './views.ts'

/** One of the overlays, or its pieces when it holds mounts, but for those that another overlay covers. */
export function partsOf(path: string, overlays: readonly string[], host: HostFacts): OverlayPart[] {
  const inner = overlays.filter((other) => other !== path && isWithin(other, path))
  const parts: OverlayPart[] = host.rebuilt[path] ?? [{ kind: 'overlay', path }]
  return parts.filter((part) => !inner.some((other) => isWithin(part.path, other)))
}

/** Where overlays keep what is written: any directory that is covered afterwards, but for one that is held for its own content. */
export function scratchOf(host: HostFacts, held: readonly string[]): string {
  return byLength(Object.keys(host.sharedDirectories)).find((path) => !held.includes(path)) ?? '/tmp'
}

/** What has to be reached once something is mounted over it. */
export function heldFor(
  overlays: readonly string[],
  { passThrough, tmp, layers = {} }: SandboxRequest,
  { mounts }: RunRequest,
  host: HostFacts,
): string[] {
  const { upper, allowed } = host
  const parts = overlays.flatMap((path) => partsOf(path, overlays, host))
  return [
    ...parts.filter(({ kind }) => kind !== 'tmpfs').map(({ path }) => path),
    ...passThrough,
    ...(tmp === undefined ? [] : [tmp]),
    ...[...mounts, ...allowed].flatMap((mount) => (mount.kind === 'bind' ? [mount.source] : [])),
    ...Object.values(layers).flat(),
    ...(upper.on === 'disk' ? [upper.directory] : []),
  ]
}

export function passThroughSteps({ passThrough }: SandboxRequest): SealStep[] {
  return passThrough.map((path) => step('its files must outlive the sandbox', { do: 'bind', source: path, target: path, writable: true }))
}

export function fetchedSteps({ fetched = [] }: SandboxRequest): SealStep[] {
  const why = 'the host fetches what is written there: a link in a directory of its own could lead it anywhere'
  return fetched.map((target) => step(why, { do: 'tmpfs', target, mode: 0o755 }))
}

export function deviceStep({ devices, terminal }: RunRequest): SealStep {
  return step('only the devices that every program expects', { do: 'dev', nodes: devices, console: terminal })
}

export function ownCgroupStep(): SealStep {
  return step('programs see the limits that they run under, and cannot change them', { do: 'cgroup', target: '/sys/fs/cgroup' })
}

/** Without a cgroup of their own programs would be told those of the caller, or none. */
export function limitFilesStep(): SealStep {
  return step('programs see the limits that they run under, and cannot change them', { do: 'limit-files', target: '/sys/fs/cgroup' })
}

export function procStep(): SealStep {
  return step('only processes of the sandbox are seen', { do: 'proc' })
}

export function hideStep({ withoutNamespace: paths }: HostFacts): SealStep {
  return step("the caller's keys and the host's processes are shown there too", { do: 'hide', paths })
}

export function sysStep(): SealStep {
  return step('only network interfaces of the sandbox are seen', { do: 'sys' })
}

function coverStep(own: readonly Namespace[], { sharedDirectories }: HostFacts): SealStep {
  const replaced = own.map((name) => views[name]).filter((view) => view !== undefined)
  return step("the host's processes, interfaces and shared files can be mounted elsewhere too, as in a chroot", {
    do: 'cover',
    types: Object.fromEntries(replaced.map(({ type, at }) => [type, at])),
    places: privateDirectories(Object.keys(sharedDirectories)),
  })
}

export function beforeMounts(
  held: string[],
  request: SandboxRequest,
  own: readonly Namespace[],
  host: HostFacts,
  scratch: string,
): SealStep[] {
  return [
    step('handles to directories that later mounts hide from the steps that need them', { do: 'hold', paths: held }),
    step('mounts made here must not appear on the host, nor new ones of the host here', { do: 'private-mounts' }),
    step("nothing of the host's can be changed and no device opened; writable mounts and devices come later", { do: 'read-only' }),
    coverStep(own, host),
    host.upper.on === 'tmpfs'
      ? step('what overlays keep lies in memory and vanishes with the sandbox', {
          do: 'tmpfs',
          target: scratch,
          mode: 0o700,
          ...sizeOf(request),
        })
      : step('what overlays keep lies in a throwaway directory', {
          do: 'bind',
          source: host.upper.directory,
          target: scratch,
          writable: true,
        }),
    // The scratch has to be reached after the first tmpfs covers it.
    step('the place for overlays stays reachable when the next step covers it', { do: 'hold', paths: [scratch] }),
  ]
}

export function sharedStep(target: string, mode: number, request: SandboxRequest): SealStep {
  if (target === '/tmp' && request.tmp !== undefined)
    return step('asked for: sandboxes that run at the same time meet there', { do: 'bind', source: request.tmp, target, writable: true })
  return step('files and sockets that processes of the host share stay out of reach', {
    do: 'tmpfs',
    target,
    mode,
    ...sizeOf(request),
  })
}

function sizeOf({ disk: size, inodes }: Pick<SandboxRequest, 'disk' | 'inodes'>): { size?: number; inodes?: number } {
  return { ...(size !== undefined && { size }), ...(inodes !== undefined && { inodes }) }
}

/** Outer ones first, whatever order they were given in. */
export function extraMountSteps({ mounts }: RunRequest): SealStep[] {
  return [...mounts].sort((a, b) => depth(a.target) - depth(b.target)).map(extraMountStep)
}

/** By where they really lie: a name that is a link leads there, and must not cover what is let in below. */
export function allowedSteps(allowed: readonly BindMount[]): SealStep[] {
  return [...allowed].sort((a, b) => depth(a.source) - depth(b.source)).map(extraMountStep)
}

function depth(path: string): number {
  return path.split('/').filter(Boolean).length
}

export function extraMountStep(mount: ExtraMount): SealStep {
  switch (mount.kind) {
    case 'bind': {
      const { kind, ...bind } = mount
      return step(mount.writable ? 'asked for: what is written there reaches the host' : 'asked for', { do: kind, ...bind })
    }
    case 'tmpfs': {
      const { target, size, inodes } = mount
      return step('asked for: a small disk in memory', { do: 'tmpfs', target, mode: 0o1777, ...sizeOf({ disk: size, inodes }) })
    }
    case 'mask':
      return step('asked for: nothing of it is to be seen', { do: 'mask', target: mount.target })
  }
}

export function lastPlaceSteps(request: SandboxRequest, own: Namespace[], host: HostFacts): SealStep[] {
  return [
    ...(own.includes('net')
      ? [...networkSteps(request), ...trafficSteps(request), ...portSteps(request), ...nameServerSteps(request, own, host)]
      : []),
    step('the old working directory is still the one below the mounts', { do: 'chdir', path: request.cwd }),
  ]
}

export function partStep(part: OverlayPart, scratch: string, { layers = {} }: SandboxRequest): SealStep {
  const { path: target } = part
  if (part.kind === 'tmpfs')
    return step('what is mounted there shows the host, so the directory is empty', { do: 'tmpfs', target, mode: part.mode })
  if (part.kind === 'bind')
    return step('the caller may not look into it, and so it has no changes', { do: 'bind', source: target, target, writable: false })
  const { without, ifThere } = part
  const why = 'writes go to a throwaway layer, the real files stay'
  return step(without ? `${why}; no overlay can lie on a directory that holds a mount, so it lies on a copy` : why, {
    do: 'overlay',
    target,
    scratch,
    layers: layers[target] ?? [],
    ...(without && { without }),
    ...(ifThere && { ifThere }),
  })
}
