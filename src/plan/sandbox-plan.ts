// From what was asked and what the host is, to the ordered steps of a sandbox. Pure: no I/O, no clock.

import type { Capability } from '../sys/capabilities.ts'
import type { Arch } from '../sys/syscall-numbers.ts'
import { byLength, isWithin, outermost } from './paths.ts'
import {
  type IdMaps,
  type IdRange,
  type LastAction,
  type LastStep,
  type Namespace,
  namespaces,
  type SandboxPlan,
  type SealAction,
  type SealStep,
} from './plan.ts'
import { seccompFilter } from './seccomp-filter.ts'

/** Bound from the host's /dev, because a user namespace may not make device nodes. */
export const usualDevices: readonly string[] = ['null', 'zero', 'full', 'random', 'urandom', 'tty']

/** What the plan needs to know of the host. All paths are real paths of directories that exist. */
export interface HostFacts {
  arch: Arch
  uid: number
  gid: number
  /** The ids the caller may map: those of root that has the power to, else null. */
  mappable: { uid: IdRange[]; gid: IdRange[] } | null
  /** What /etc/subuid and /etc/subgid grant the caller, where a run asks for it. */
  subordinate: { uid: SubordinateRange[]; gid: SubordinateRange[] }
  /** The caller's home, or null when there is none that could be overlaid. */
  home: string | null
  /** Directories that hold what processes share: each becomes an empty tmpfs. */
  sharedDirectories: string[]
  /** For each directory that cannot be put under one overlay, what to rebuild it from: parents first. */
  rebuilt: Record<string, OverlayPart[]>
  /** Where overlays keep what is written: memory, or a directory on disk. */
  upper: { on: 'tmpfs' } | { on: 'disk'; directory: string }
  /** Files that must stay readable though a shared directory hides them, such as node itself. */
  keepVisible: string[]
  /** The file behind /etc/resolv.conf, if there is one. */
  resolverConfiguration: string[]
}

export interface SubordinateRange {
  outside: number
  count: number
}

/** A piece of a directory that holds mounts. */
export type OverlayPart =
  | { kind: 'overlay' | 'copy' | 'bind'; path: string }
  | { kind: 'symlink'; path: string; to: string }
  /** An empty directory that the parts below it are put into. */
  | { kind: 'tmpfs'; path: string; mode: number }

export interface SandboxRequest {
  seal: 'require' | 'prefer'
  uid: 'root' | 'caller'
  net: 'none' | 'host'
  hostname: string
  /** Directories to put under a throwaway overlay, besides the home. Real paths. */
  overlays: string[]
  /** Directories whose writes reach the host, such as the one for coverage. Real paths. */
  passThrough: string[]
  /** Directories and files that must stay readable wherever they lie. Real paths. */
  visible: string[]
  cwd: string
  /** More of what a program's run may ask for; vitest's workers do without. */
  run?: RunRequest
}

/** All paths are real, but for targets, which need not exist. */
export interface RunRequest {
  /** Namespaces of the host that the sandbox stays in. */
  hostNamespaces: Namespace[]
  /** Nanoseconds, as decimal numbers, or null for the host's clocks. */
  clocks: { monotonic: string; boottime: string } | null
  /** `auto`: the caller's subordinate ids exist inside too. */
  mapRange: 'none' | 'auto'
  /** Directories that lie between an overlay and what is written, the first on top; by overlay. */
  layers: Record<string, string[]>
  mounts: ExtraMount[]
  /** Another root directory, under a throwaway overlay. */
  rootfs: string | null
  /** Device nodes below /dev, besides the usual. */
  devices: string[]
  /** The terminal that the program shares with the caller. */
  terminal: string | null
  limits: LastAction[]
}

export type ExtraMount =
  | { kind: 'bind'; source: string; target: string; writable: boolean }
  | { kind: 'tmpfs'; target: string; size?: number; inodes?: number }
  | { kind: 'mask'; target: string }

const plainRun: RunRequest = {
  hostNamespaces: [],
  clocks: null,
  mapRange: 'none',
  layers: {},
  mounts: [],
  rootfs: null,
  devices: [],
  terminal: null,
  limits: [],
}

/**
 * Kept for an ordinary caller: nothing that goes around file permissions, so that a test of
 * `EACCES` sees what it would see outside.
 */
const keptForCaller: Capability[] = ['net_bind_service', 'net_raw']
/** Kept for a caller who is root, whose tests know no `EACCES`. */
const keptForRoot: Capability[] = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', ...keptForCaller]

export function sandboxPlan(request: SandboxRequest, host: HostFacts): SandboxPlan {
  const run = request.run ?? plainRun
  const shared: Namespace[] = [...run.hostNamespaces, ...(request.net === 'host' ? (['net'] as const) : [])]
  const own = namespaces.filter((name) => !shared.includes(name))
  return {
    namespaces: own,
    steps: [
      ...identitySteps(request, run, own, host),
      ...(run.rootfs === null ? hostRootSteps(request, run, own, host) : otherRootSteps(request, run, own, host, run.rootfs)),
      ...privilegeSteps(run, host),
    ],
    lastSteps: run.limits.map(lastStep),
    seal: request.seal,
  }
}

function identitySteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts): SealStep[] {
  return [
    step('root inside is the caller outside: unmapped, a process may mount nothing', { do: 'map-ids', ...idMaps(request, run, host) }),
    // Before the tree is read-only, and with it the host's /proc, which a sandbox without a pid namespace keeps.
    step('when memory is short the kernel chooses the sandbox first', { do: 'oom-score', score: 500 }),
    ...(own.includes('uts')
      ? [step('a name of its own, so that a change does not reach the host', { do: 'hostname', name: request.hostname })]
      : []),
    ...(run.clocks === null
      ? []
      : [step('clocks of what is forked from here on count from elsewhere; the time of day stays', { do: 'time', ...run.clocks })]),
  ]
}

/** Root has all its ids inside too: files of a project may belong to anyone, and programs change users. */
function idMaps({ uid }: SandboxRequest, { mapRange }: RunRequest, host: HostFacts): IdMaps {
  if (host.mappable) return { ...host.mappable, writtenBy: 'zygote' }
  const inside = (outside: number) => (uid === 'root' ? 0 : outside)
  if (mapRange === 'auto') {
    return {
      uid: withSubordinates(inside(host.uid), host.uid, host.subordinate.uid),
      gid: withSubordinates(inside(host.gid), host.gid, host.subordinate.gid),
      writtenBy: 'newuidmap',
    }
  }
  const only = (outside: number): IdRange[] => [{ inside: inside(outside), outside, count: 1 }]
  return { uid: only(host.uid), gid: only(host.gid), writtenBy: 'init' }
}

/** The caller's id at its place, and the granted ones in the free places around it, from 0 up. */
function withSubordinates(inside: number, outside: number, granted: SubordinateRange[]): IdRange[] {
  const ranges: IdRange[] = []
  let next = 0
  for (const range of granted) {
    let { outside: from, count } = range
    if (next < inside && next + count > inside) {
      ranges.push({ inside: next, outside: from, count: inside - next })
      from += inside - next
      count -= inside - next
      next = inside
    }
    if (next === inside) next += 1
    if (count > 0) ranges.push({ inside: next, outside: from, count })
    next += count
  }
  return [{ inside, outside, count: 1 }, ...ranges]
}

/** The sandbox keeps the host's tree, read-only but for what is mounted over it. */
function hostRootSteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts): SealStep[] {
  const overlays = overlaysOf(request, host)
  const shared = byLength(host.sharedDirectories)
  const hidden = outermost([...host.keepVisible, ...request.visible]).filter(
    (path) => shared.some((directory) => isWithin(path, directory)) && !overlays.some((overlay) => isWithin(path, overlay)),
  )
  // Any directory that is covered afterwards will do; the first shared one always is.
  const scratch = shared[0] ?? '/tmp'
  const parts = overlays.flatMap((path): OverlayPart[] => host.rebuilt[path] ?? [{ kind: 'overlay', path }])
  const held = [
    ...parts.filter(({ kind }) => kind !== 'tmpfs' && kind !== 'symlink').map(({ path }) => path),
    ...hidden,
    ...request.passThrough,
    ...heldForRun(run),
    ...heldForUpper(host),
  ]
  return [
    ...beforeMounts(held, host, scratch),
    ...shared.map(sharedStep),
    ...parts.map((part) => partStep(part, scratch, run)),
    ...hidden.map((path) =>
      step('it lies in a directory that is private now, and is needed', { do: 'bind', source: path, target: path, writable: false }),
    ),
    ...request.passThrough.map((path) =>
      step('its files must outlive the sandbox', { do: 'bind', source: path, target: path, writable: true }),
    ),
    step('only the devices that every program expects', { do: 'dev', nodes: run.devices, console: run.terminal }),
    ...(own.includes('pid') ? [step('only processes of the sandbox are seen', { do: 'proc' })] : []),
    ...extraMountSteps(run),
    ...lastPlaceSteps(request, own),
  ]
}

/** The sandbox gets another root, and of the host's tree only what is asked for. */
function otherRootSteps(request: SandboxRequest, run: RunRequest, own: Namespace[], host: HostFacts, rootfs: string): SealStep[] {
  const overlays = outermost(request.overlays)
  const shared = ['/tmp', '/var/tmp', '/run']
  const scratch = byLength(host.sharedDirectories)[0] ?? '/tmp'
  const hostProc = own.includes('pid') ? [] : ['/proc']
  const parts = overlays.flatMap((path): OverlayPart[] => host.rebuilt[path] ?? [{ kind: 'overlay', path }])
  const held = [
    '/',
    rootfs,
    ...parts.filter(({ kind }) => kind !== 'tmpfs' && kind !== 'symlink').map(({ path }) => path),
    ...request.passThrough,
    ...[...usualDevices, ...run.devices].map((name) => `/dev/${name}`),
    ...(run.terminal === null ? [] : [run.terminal]),
    ...hostProc,
    ...(own.includes('net') ? [] : host.resolverConfiguration),
    ...heldForRun(run),
    ...heldForUpper(host),
  ]
  return [
    ...beforeMounts(held, host, scratch),
    step('the root is that directory under a throwaway layer', {
      do: 'pivot-root',
      rootfs,
      scratch,
      layers: run.layers[rootfs] ?? [],
    }),
    ...(own.includes('pid')
      ? [step('only processes of the sandbox are seen', { do: 'proc' } as const)]
      : hostProc.map((path) =>
          step('processes of the host are seen, as asked', { do: 'bind', source: path, target: path, writable: false }),
        )),
    ...shared.map(sharedStep),
    ...parts.map((part) => partStep(part, scratch, run)),
    ...request.passThrough.map((path) =>
      step('its files must outlive the sandbox', { do: 'bind', source: path, target: path, writable: true }),
    ),
    ...(own.includes('net')
      ? []
      : host.resolverConfiguration.map((source) =>
          step('names resolve as on the host, whose network it is', { do: 'bind', source, target: '/etc/resolv.conf', writable: false }),
        )),
    step('only the devices that every program expects', { do: 'dev', nodes: run.devices, console: run.terminal }),
    ...extraMountSteps(run),
    step("the host's tree is gone, and with it the last way back", { do: 'leave-root' }),
    ...lastPlaceSteps(request, own),
  ]
}

/** An overlay inside another shares its upper, unless a run wants to know what changed in each. */
function overlaysOf(request: SandboxRequest, host: HostFacts): string[] {
  const all = [...request.overlays, ...(host.home === null ? [] : [host.home])]
  return request.run ? byLength(all) : outermost(all)
}

function heldForRun({ mounts, layers }: RunRequest): string[] {
  return [...mounts.flatMap((mount) => (mount.kind === 'bind' ? [mount.source] : [])), ...Object.values(layers).flat()]
}

function heldForUpper({ upper }: HostFacts): string[] {
  return upper.on === 'disk' ? [upper.directory] : []
}

function beforeMounts(held: string[], host: HostFacts, scratch: string): SealStep[] {
  return [
    step('handles to directories that later mounts hide from the steps that need them', { do: 'hold', paths: held }),
    step('mounts made here must not appear on the host, nor new ones of the host here', { do: 'private-mounts' }),
    step("nothing of the host's can be changed; what may be written is mounted over it", { do: 'read-only' }),
    host.upper.on === 'tmpfs'
      ? step('what overlays keep lies in memory and vanishes with the sandbox', { do: 'tmpfs', target: scratch, mode: 0o700 })
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

function sharedStep(target: string): SealStep {
  return step('files and sockets that processes of the host share stay out of reach', {
    do: 'tmpfs',
    target,
    // XDG_RUNTIME_DIR is its user's alone.
    mode: target === '/run' ? 0o755 : target.startsWith('/run/user/') ? 0o700 : 0o1777,
  })
}

/** Outer ones first, whatever order they were given in. */
function extraMountSteps({ mounts }: RunRequest): SealStep[] {
  const depth = (path: string) => path.split('/').filter(Boolean).length
  return [...mounts].sort((a, b) => depth(a.target) - depth(b.target)).map(extraMountStep)
}

function extraMountStep(mount: ExtraMount): SealStep {
  switch (mount.kind) {
    case 'bind': {
      const { source, target, writable } = mount
      return step(writable ? 'asked for: what is written there reaches the host' : 'asked for', { do: 'bind', source, target, writable })
    }
    case 'tmpfs': {
      const { target, size, inodes } = mount
      const limits = { ...(size !== undefined && { size }), ...(inodes !== undefined && { inodes }) }
      return step('asked for: a small disk in memory', { do: 'tmpfs', target, mode: 0o1777, ...limits })
    }
    case 'mask':
      return step('asked for: nothing of it is to be seen', { do: 'mask', target: mount.target })
  }
}

function lastPlaceSteps(request: SandboxRequest, own: Namespace[]): SealStep[] {
  return [
    ...(own.includes('net') ? [step('a new network namespace has its loopback down', { do: 'loopback' } as const)] : []),
    step('the old working directory is still the one below the mounts', { do: 'chdir', path: request.cwd }),
  ]
}

function partStep(part: OverlayPart, scratch: string, run: RunRequest): SealStep {
  const target = part.path
  switch (part.kind) {
    case 'overlay':
      return step('writes go to a throwaway layer, the real files stay', {
        do: 'overlay',
        target,
        scratch,
        layers: run.layers[target] ?? [],
      })
    case 'tmpfs':
      return step('a directory that holds a mount cannot be under one overlay, so it is rebuilt', { do: 'tmpfs', target, mode: part.mode })
    case 'copy':
      return step('a file of a rebuilt directory', { do: 'copy', source: target, target })
    case 'symlink':
      return step('a link of a rebuilt directory', { do: 'symlink', target, to: part.to })
    case 'bind':
      return step('a large file of a rebuilt directory', { do: 'bind', source: target, target, writable: false })
  }
}

function privilegeSteps(run: RunRequest, host: HostFacts): SealStep[] {
  return [
    step('root inside cannot undo the mounts', {
      do: 'capabilities',
      keep: host.uid === 0 || run.mapRange === 'auto' ? keptForRoot : keptForCaller,
    }),
    step('setuid programs gain nothing', { do: 'no-new-privs' }),
    step('kernel surface that programs do not need is closed', { do: 'seccomp', filter: seccompFilter(host.arch) }),
  ]
}

function lastStep(action: LastAction): LastStep {
  return { why: 'asked for, and in force before the program begins', ...action }
}

function step(why: string, action: SealAction): SealStep {
  return { why, ...action }
}
