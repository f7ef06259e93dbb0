// From what was asked and what the host is, to the ordered steps of a sandbox. Pure: no I/O, no clock.

import type { Capability } from '../sys/capabilities.ts'
import type { Arch } from '../sys/syscall-numbers.ts'
import { isWithin, outermost } from './paths.ts'
import { type IdMaps, type IdRange, namespaces, type SandboxPlan, type SealAction, type SealStep } from './plan.ts'
import { seccompFilter } from './seccomp-filter.ts'

/** What the plan needs to know of the host. All paths are real paths of directories that exist. */
export interface HostFacts {
  arch: Arch
  uid: number
  gid: number
  /** The ids the caller may map: those of root that has the power to, else null. */
  mappable: { uid: IdRange[]; gid: IdRange[] } | null
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
}

/**
 * Kept for an ordinary caller: nothing that goes around file permissions, so that a test of
 * `EACCES` sees what it would see outside.
 */
const keptForCaller: Capability[] = ['net_bind_service', 'net_raw']
/** Kept for a caller who is root, whose tests know no `EACCES`. */
const keptForRoot: Capability[] = ['chown', 'dac_override', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', ...keptForCaller]

export function sandboxPlan(request: SandboxRequest, host: HostFacts): SandboxPlan {
  return {
    namespaces: namespaces.filter((name) => name !== 'net' || request.net === 'none'),
    steps: [...identitySteps(request, host), ...fileSystemSteps(request, host), ...privilegeSteps(host)],
    seal: request.seal,
  }
}

function identitySteps(request: SandboxRequest, host: HostFacts): SealStep[] {
  return [
    step('root inside is the caller outside: unmapped, a process may mount nothing', { do: 'map-ids', ...idMaps(request, host) }),
    step('a name of its own, so that a change does not reach the host', { do: 'hostname', name: request.hostname }),
  ]
}

/** Root has all its ids inside too: files of a project may belong to anyone, and programs change users. */
function idMaps({ uid }: SandboxRequest, host: HostFacts): IdMaps {
  if (host.mappable) return { ...host.mappable, writtenBy: 'zygote' }
  const only = (outside: number): IdRange[] => [{ inside: uid === 'root' ? 0 : outside, outside, count: 1 }]
  return { uid: only(host.uid), gid: only(host.gid), writtenBy: 'init' }
}

function fileSystemSteps(request: SandboxRequest, host: HostFacts): SealStep[] {
  const overlays = outermost([...request.overlays, ...(host.home === null ? [] : [host.home])])
  const shared = outermost(host.sharedDirectories)
  const hidden = outermost([...host.keepVisible, ...request.visible]).filter(
    (path) => shared.some((directory) => isWithin(path, directory)) && !overlays.some((overlay) => isWithin(path, overlay)),
  )
  const passThrough = request.passThrough
  // Any directory that is covered afterwards will do; the first shared one always is.
  const scratch = shared[0] ?? '/tmp'
  const parts = overlays.flatMap((path): OverlayPart[] => host.rebuilt[path] ?? [{ kind: 'overlay', path }])
  const held = [
    ...parts.filter(({ kind }) => kind !== 'tmpfs' && kind !== 'symlink').map(({ path }) => path),
    ...hidden,
    ...passThrough,
    ...(host.upper.on === 'disk' ? [host.upper.directory] : []),
  ]
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
    ...shared.map((target) =>
      step('files and sockets that processes of the host share stay out of reach', {
        do: 'tmpfs',
        target,
        mode: target === '/run' ? 0o755 : 0o1777,
      }),
    ),
    ...parts.map((part) => partStep(part, scratch)),
    ...hidden.map((path) =>
      step('it lies in a directory that is private now, and is needed', { do: 'bind', source: path, target: path, writable: false }),
    ),
    ...passThrough.map((path) => step('its files must outlive the sandbox', { do: 'bind', source: path, target: path, writable: true })),
    step('only the devices that every program expects', { do: 'dev' }),
    step('only processes of the sandbox are seen', { do: 'proc' }),
    ...(request.net === 'none' ? [step('a new network namespace has its loopback down', { do: 'loopback' })] : []),
    step('the old working directory is still the one below the mounts', { do: 'chdir', path: request.cwd }),
  ]
}

function partStep(part: OverlayPart, scratch: string): SealStep {
  const target = part.path
  switch (part.kind) {
    case 'overlay':
      return step('writes go to a throwaway layer, the real files stay', { do: 'overlay', target, scratch })
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

function privilegeSteps(host: HostFacts): SealStep[] {
  return [
    step('when memory is short the kernel chooses the sandbox first', { do: 'oom-score', score: 500 }),
    step('root inside cannot undo the mounts', { do: 'capabilities', keep: host.uid === 0 ? keptForRoot : keptForCaller }),
    step('setuid programs gain nothing', { do: 'no-new-privs' }),
    step('kernel surface that programs do not need is closed', { do: 'seccomp', filter: seccompFilter(host.arch) }),
  ]
}

function step(why: string, action: SealAction): SealStep {
  return { why, ...action }
}
