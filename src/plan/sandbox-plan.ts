// From what was asked and what the host is, to the ordered steps of a sandbox. Pure: no I/O, no clock.

import type { Capability } from '../sys/capabilities.ts'
import type { Arch } from '../sys/syscall-numbers.ts'
import { isWithin, outermost } from './paths.ts'
import { namespaces, type SandboxPlan, type SealAction, type SealStep } from './plan.ts'
import { seccompFilter } from './seccomp-filter.ts'

/** What the plan needs to know of the host. All paths are real paths of directories that exist. */
export interface HostFacts {
  arch: Arch
  uid: number
  gid: number
  /** The caller's home, or null when there is none that could be overlaid. */
  home: string | null
  /** Directories that hold what processes share: each becomes an empty tmpfs. */
  sharedDirectories: string[]
  /** Where overlays keep what is written: memory, or a directory on disk. */
  upper: { on: 'tmpfs' } | { on: 'disk'; directory: string }
  /** Files that must stay readable though a shared directory hides them, such as node itself. */
  keepVisible: string[]
}

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
    steps: [...identitySteps(request, host), ...fileSystemSteps(request, host), ...privilegeSteps(request, host)],
    seal: request.seal,
  }
}

function identitySteps(request: SandboxRequest, host: HostFacts): SealStep[] {
  const inside = request.uid === 'root' ? { uid: 0, gid: 0 } : { uid: host.uid, gid: host.gid }
  return [
    step('an unmapped process owns nothing and may mount nothing', {
      do: 'map-ids',
      uid: { inside: inside.uid, outside: host.uid },
      gid: { inside: inside.gid, outside: host.gid },
    }),
    step('the host keeps its own name', { do: 'hostname', name: request.hostname }),
  ]
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
  const held = [...overlays, ...hidden, ...passThrough, ...(host.upper.on === 'disk' ? [host.upper.directory] : [])]
  return [
    step('later mounts would hide these directories from the steps that need them', { do: 'hold', paths: held }),
    step("mounts made here would appear on the host, and the host's here", { do: 'private-mounts' }),
    step("the host's files could be changed", { do: 'read-only' }),
    host.upper.on === 'tmpfs'
      ? step('what is written needs a place that vanishes', { do: 'tmpfs', target: scratch, mode: 0o700 })
      : step('what is written needs a place', { do: 'bind', source: host.upper.directory, target: scratch, writable: true }),
    // The scratch has to be reached after the first tmpfs covers it.
    step('the next step covers it', { do: 'hold', paths: [scratch] }),
    ...shared.map((target) =>
      step('sockets and files that processes share would be reached', { do: 'tmpfs', target, mode: target === '/run' ? 0o755 : 0o1777 }),
    ),
    ...overlays.map((target) => step('writes would reach the real files', { do: 'overlay', target, scratch })),
    ...hidden.map((path) =>
      step('it lies in a directory that is private now', { do: 'bind', source: path, target: path, writable: false }),
    ),
    ...passThrough.map((path) => step('its files must outlive the sandbox', { do: 'bind', source: path, target: path, writable: true })),
    step('devices of the host would be reached', { do: 'dev' }),
    step('processes of the host would be seen', { do: 'proc' }),
    ...(request.net === 'none' ? [step('localhost would not answer', { do: 'loopback' })] : []),
    step("the working directory would still be the host's", { do: 'chdir', path: request.cwd }),
  ]
}

function privilegeSteps(_request: SandboxRequest, host: HostFacts): SealStep[] {
  return [
    step("the kernel could choose the host's processes when memory is short", { do: 'oom-score', score: 500 }),
    step('root inside could undo the mounts', { do: 'capabilities', keep: host.uid === 0 ? keptForRoot : keptForCaller }),
    step('a setuid program would gain privileges', { do: 'no-new-privs' }),
    step('kernel surface that programs do not need stays open', { do: 'seccomp', filter: seccompFilter(host.arch) }),
  ]
}

function step(why: string, action: SealAction): SealStep {
  return { why: `without it ${why}`, ...action }
}
