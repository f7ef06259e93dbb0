// Carries out the steps of a plan, in order, in the first process of the new namespaces.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { errorToData, NsboxError } from '../errors.ts'
import type { LastAction, LastStep, SandboxPlan, SealAction, SealStep } from '../plan/plan.ts'
import { stepName } from '../plan/step.ts'
import type { Traffic } from '../plan/traffic.ts'
import { oneLine, quoted } from '../quoted.ts'
import { limitCapabilities } from '../sys/capabilities.ts'
import { close, openPath } from '../sys/descriptor.ts'
import { setHostName } from '../sys/host-name.ts'
import { setNiceness, setResourceLimit } from '../sys/limits.ts'
import {
  cloneTree,
  detach,
  mountBind,
  mountCgroup2,
  mountOverlay,
  mountPrivate,
  mountSetAttributes,
  mountTmpfs,
  mountTree,
  pivotRoot,
  treeSetAttributes,
} from '../sys/mount.ts'
import { interfaceUp, localhostDatagrams } from '../sys/network.ts'
import { prctl } from '../sys/process.ts'
import { installFilter } from '../sys/seccomp.ts'
import { listenOnLoopback, socketSeeds } from '../sys/tcp.ts'
import { unshareTime } from '../sys/time-namespace.ts'
import { setUserXattr } from '../sys/xattr.ts'
import type { HandedBack, NotEnforced } from '../wire/protocol.ts'
import { mountDevices } from './devices.ts'
import { writeIdMaps } from './id-maps.ts'
import { mountLines } from './lines.ts'
import { makeDirectory, makeMountPoint, requireDirectory, requireThere } from './mount-point.ts'
import { mountProcess } from './proc.ts'
import { shapeTraffic } from './traffic.ts'

/**
 * `passBack` is given what others are to have; it is closed here afterwards. `scratch` is a handle to the directory
 * that holds the uppers of overlays, if there are any: number N in the order of the plan keeps what is written in `N/upper`.
 * @throws SysError of the step that failed, when the plan says `require`
 */
export function applySeal(plan: SandboxPlan, passBack: PassBack = () => undefined): NotEnforced[] {
  const sealing = new Sealing(plan, passBack)
  const notEnforced = applyEach(plan, plan.steps, (step) => sealing.apply(step))
  sealing.release()
  return notEnforced
}

/** In the payload's process, right before the program. @throws as {@link applySeal} */
export function applyLast(plan: SandboxPlan): NotEnforced[] {
  return applyEach(plan, plan.lastSteps, applyLastStep)
}

function applyEach<S extends Step>({ seal }: SandboxPlan, steps: readonly S[], apply: (step: S) => void): NotEnforced[] {
  const notEnforced: NotEnforced[] = []
  for (const step of steps) {
    try {
      apply(step)
    } catch (error) {
      const failure = asSealError(step, error)
      // Of an upper directory there is another kind, which the launcher tries next: nothing is to run without.
      if (seal === 'require' || failure.code === 'ERR_NSBOX_UPPER_XATTR') throw failure
      notEnforced.push({ protection: stepName(step), error: errorToData(failure) })
    }
  }
  return notEnforced
}

type Step = SealStep | LastStep
/** What init itself is to have, and what the host is to have. */
export type Given = HandedBack | 'limit-files'
type PassBack = (kind: Given, fds: readonly number[]) => void

function applyLastStep(step: LastAction): void {
  switch (step.do) {
    case 'rlimit':
      return setResourceLimit(step.resource, step.soft, step.hard)
    case 'nice':
      return setNiceness(step.value)
  }
}

/** node's own file system calls fail with errors of its own. */
function asSealError(step: Step, error: unknown): NsboxError {
  if (NsboxError.is(error)) return error
  const { code, message, syscall } = error as NodeJS.ErrnoException
  return new NsboxError(`${quoted(stepName(step))}: ${oneLine(message)}`, {
    code: 'ERR_NSBOX_SEAL',
    stage: 'seal',
    errno: code,
    syscall,
    cause: error,
  })
}

type Bind = Extract<SealAction, { do: 'bind' }>

class Sealing {
  readonly #held = new Map<string, number>()
  readonly #binds: readonly Bind[]
  /** What binds show, as it was before anything was mounted over it. */
  readonly #trees = new Map<Bind, number>()
  readonly #passBack: PassBack
  #overlays = 0
  #scratch: string | undefined

  constructor(plan: SandboxPlan, passBack: PassBack) {
    this.#binds = plan.steps.filter((step) => step.do === 'bind')
    this.#passBack = passBack
  }

  release(): void {
    const fd = this.#scratch === undefined ? undefined : this.#held.get(this.#scratch)
    if (fd !== undefined) this.#passBack('scratch', [fd])
    for (const held of this.#held.values()) close(held)
    this.#held.clear()
    for (const tree of this.#trees.values()) close(tree)
    this.#trees.clear()
  }

  apply(step: SealAction): void {
    switch (step.do) {
      case 'map-ids':
        return step.writtenBy === 'init' ? writeIdMaps('self', step) : undefined
      case 'hostname':
        return setHostName(step.name)
      case 'time':
        return unshareTime({ monotonic: BigInt(step.monotonic), boottime: BigInt(step.boottime) })
      case 'hold':
        return this.#hold(step.paths)
      case 'private-mounts':
        return mountPrivate('/')
      case 'read-only':
        mountSetAttributes('/', { set: ['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NOSUID'], recursive: true })
        return this.#copyTrees()
      case 'tmpfs':
        makeDirectory(step.target)
        return mountTmpfs(placeOf(step.target), step)
      case 'bind':
        return this.#bind(step)
      case 'copy':
        return copyFile(this.#heldPath(step.source), step.target)
      case 'symlink':
        return symlinkSync(step.to, step.target)
      case 'overlay':
        this.#overlay(step.target, step.target, step)
        return
      case 'pivot-root':
        return pivotRoot(this.#overlay(step.rootfs, null, step))
      case 'leave-root':
        return this.#leaveRoot()
      case 'mask':
        requireThere(step.target, 'What is to be masked')
        return mask(placeOf(step.target))
      case 'lines':
        return mountLines(step, this.#heldPath(step.scratch))
      case 'dev':
        return mountDevices(step, (path) => this.#heldPath(path))
      case 'proc':
        return mountProcess()
      case 'cgroup':
        return mountCgroup(step.target)
      case 'limit-files':
        return this.#limitFiles(step.target)
      case 'loopback':
        return interfaceUp('lo')
      case 'traffic':
        return this.#shape(step)
      case 'forward':
        for (const { listen } of step.ports) this.#give('forward', listenOnLoopback(listen).fds)
        return
      case 'expose':
        return this.#give('expose', socketSeeds())
      case 'name-server':
        // Port 53 takes a capability (capabilities(7), CAP_NET_BIND_SERVICE), which steps that follow may take away.
        return this.#give('names', [localhostDatagrams(53), ...listenOnLoopback(53).fds])
      case 'chdir':
        requireDirectory(step.path, 'The working directory')
        return this.#enter(step.path)
      case 'oom-score':
        return writeFileSync('/proc/self/oom_score_adj', String(step.score))
      case 'user-limit':
        return limitUser(step.file, step.most)
      case 'capabilities':
        return limitCapabilities(step.keep)
      case 'no-new-privs':
        return prctl('PR_SET_NO_NEW_PRIVS', 1)
      case 'seccomp':
        return installFilter(step.filter)
    }
  }

  #hold(paths: string[]): void {
    for (const path of new Set(paths)) {
      const earlier = this.#held.get(path)
      this.#held.set(path, openPath(path))
      if (earlier !== undefined) close(earlier)
    }
  }

  /** The held place, by a path that stays true whatever is mounted over it. */
  #heldPath(path: string): string {
    const fd = this.#held.get(path)
    return fd === undefined ? path : `/proc/self/fd/${fd}`
  }

  #bind(step: Bind): void {
    const { source, target, writable } = step
    const tree = this.#trees.get(step) ?? cloneTree(this.#heldPath(source))
    // Before it is mounted: a path could lead elsewhere by then, and make that writable. It is read-only from an earlier step.
    if (writable) treeSetAttributes(tree, { clear: ['MOUNT_ATTR_RDONLY'] })
    makeMountPoint(target, statSync(this.#heldPath(source)).isDirectory())
    mountTree(tree, placeOf(target))
    close(tree)
    this.#trees.delete(step)
  }

  #copyTrees(): void {
    for (const bind of this.#binds) {
      try {
        this.#trees.set(bind, cloneTree(this.#heldPath(bind.source)))
      } catch {
        // The step itself will say what is wrong.
      }
    }
  }

  /** An overlay over `lower`, at `target` or else at a place of its own. Answers where it is. */
  #overlay(lower: string, target: string | null, { scratch, layers }: { scratch: string; layers: string[] }): string {
    this.#scratch = scratch
    const place = `${this.#heldPath(scratch)}/${this.#overlays++}`
    const [upper, work] = [`${place}/upper`, `${place}/work`]
    mkdirSync(upper, { recursive: true })
    mkdirSync(work)
    requireUserXattrs(upper)
    // By descriptor: a path may hold ':' or ',', and one overlay must not see another as its lower.
    const lowers = [...layers, lower].map((path) => this.#heldPath(path))
    // The merged directory shows the upper's mode (overlayfs.rst), so it has to be that of the lower one on top.
    chmodSync(upper, statSync(lowers[0] as string).mode & 0o7777)
    const at = target ?? `${place}/root`
    mkdirSync(at, { recursive: true })
    mountOverlay(at, lowers, upper, work)
    return at
  }

  /** The copy is not read-only, and is init's alone. */
  #limitFiles(target: string): void {
    if (!existsSync(target)) return
    mountTmpfs(target, { mode: 0o755, size: 1 << 20 })
    const tree = cloneTree(target)
    mountSetAttributes(target, { set: ['MOUNT_ATTR_RDONLY'] })
    this.#give('limit-files', [tree])
  }

  #shape(traffic: Traffic): void {
    const queue = shapeTraffic(traffic)
    if (queue !== undefined) this.#give('packets', [queue])
  }

  #give(kind: Given, fds: readonly number[]): void {
    try {
      this.#passBack(kind, fds)
    } finally {
      for (const fd of fds) close(fd)
    }
  }

  /** A link in the project or in another root could lead to a handle here, or to where this process has been: below all mounts. */
  #enter(path: string): void {
    this.release()
    process.chdir('/')
    process.chdir(path)
  }

  #leaveRoot(): void {
    process.chdir(this.#heldPath('/'))
    detach('.')
    process.chdir('/')
  }
}

/** Of each user of this user namespace, and of those in it: the least of all that lie around counts (namespaces(7)). */
function limitUser(name: string, most: number): void {
  const file = `/proc/sys/user/${name}`
  writeFileSync(file, String(most))
  const held = readFileSync(file, 'utf8').trim()
  if (held === String(most)) return
  throw new NsboxError(`${file} was set to ${most}, and the kernel holds ${held}`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal' })
}

/** By names alone: the links of /proc/self/fd and the like lead below what is mounted, and what is set there holds for all of it. */
function placeOf(target: string): string {
  const place = realpathSync.native(target)
  if (place !== '/') return place
  throw new NsboxError(`${quoted(target)} is the root, and nothing can be mounted over that`, { code: 'ERR_NSBOX_SEAL', stage: 'seal' })
}

/** Another root may have no place for it. The kernel mounts no file system right on top of itself (EBUSY). */
function mountCgroup(target: string): void {
  if (!existsSync(target)) return
  mountTmpfs(target, { mode: 0o555 })
  mountCgroup2(target)
}

/** An empty file or directory in place of what is there. */
function mask(target: string): void {
  if (!statSync(target).isDirectory()) return mountBind('/dev/null', target)
  mountTmpfs(target, { mode: 0o555 })
  mountSetAttributes(target, { set: ['MOUNT_ATTR_RDONLY'] })
}

/**
 * An overlay in a user namespace keeps its marks in user.* attributes (overlayfs.rst). Without them
 * it can be mounted all the same, and fails later, where a directory is removed.
 */
function requireUserXattrs(upper: string): void {
  if (setUserXattr(upper, 'user.nsbox', '1')) return
  throw new NsboxError("The file system under the overlay's upper directory has no user extended attributes", {
    code: 'ERR_NSBOX_UPPER_XATTR',
    stage: 'seal',
    hint: "tmpfs has them since Linux 6.6. Use upper: 'auto' or 'disk'.",
  })
}

function copyFile(source: string, target: string): void {
  copyFileSync(source, target)
  const { atime, mtime } = statSync(source)
  utimesSync(target, atime, mtime)
}
