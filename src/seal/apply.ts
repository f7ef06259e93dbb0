// Carries out the steps of a plan, in order, in the first process of the new namespaces.

import { chmodSync, existsSync, mkdirSync, realpathSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { errorToData, NsboxError } from '../errors.ts'
import { isAroundAny } from '../plan/paths.ts'
import type { CoverPlan, LastAction, LastStep, SandboxPlan, SealAction, SealStep } from '../plan/plan.ts'
import { mayBeLeftOut, stepName } from '../plan/step.ts'
import type { Traffic } from '../plan/traffic.ts'
import { oneLine, quoted } from '../quoted.ts'
import { spokenOptions } from '../spoken-options.ts'
import { limitCapabilities } from '../sys/capabilities.ts'
import { close, openPath } from '../sys/descriptor.ts'
import { setHostName } from '../sys/host-name.ts'
import { addInterface } from '../sys/interface.ts'
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
import type { SysError } from '../sys/sys-error.ts'
import { listenOnLoopback, socketSeeds } from '../sys/tcp.ts'
import { unshareTime } from '../sys/time-namespace.ts'
import { setUserXattr } from '../sys/xattr.ts'
import type { HandedBack, NotEnforced } from '../wire/protocol.ts'
import { coverOtherViews } from './cover.ts'
import { mountDevices } from './devices.ts'
import { writeIdMaps } from './id-maps.ts'
import { mountLines } from './lines.ts'
import { mask } from './mask.ts'
import { type MountPlace, makeMissing, placeOfStep } from './missing-places.ts'
import { makeDirectory, makeMountPoint, requireDirectory, requireThere } from './mount-point.ts'
import { mountProcess } from './proc.ts'
import { copyEntries } from './rebuilt.ts'
import { mountSystem } from './sys.ts'
import { shapeTraffic } from './traffic.ts'
import { limitUserCounts } from './user-counts.ts'

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

function applyEach<S extends Step>(plan: SandboxPlan, steps: readonly S[], apply: (step: S) => void): NotEnforced[] {
  const notEnforced: NotEnforced[] = []
  for (const step of steps) {
    try {
      requireScratch(step, notEnforced)
      apply(step)
    } catch (error) {
      const failure = asSealError(step, error)
      // Of an upper directory there is another kind, which the launcher tries next: nothing is to run without.
      if (failure.code === 'ERR_NSBOX_UPPER_XATTR') throw failure
      if (!mayBeLeftOut(step, plan)) throw plan.seal === 'prefer' ? notPreferred(failure) : failure
      notEnforced.push({ protection: stepName(step), error: errorToData(failure) })
    }
  }
  return notEnforced
}

/** Without its own mount for them, an overlay would leave what is written on the host. */
function requireScratch(step: Step, notEnforced: readonly NotEnforced[]): void {
  if (!('scratch' in step) || !notEnforced.some(({ protection }) => protection.endsWith(` ${step.scratch}`))) return
  throw new NsboxError(`${quoted(stepName(step))}: ${quoted(step.scratch)}, where it keeps what is written, would be the host's own`, {
    code: 'ERR_NSBOX_SEAL',
    stage: 'seal',
  })
}

function notPreferred(failure: NsboxError): NsboxError {
  const { message, ...data } = errorToData(failure)
  const lost = 'nothing would be thrown away that is written there'
  return new NsboxError(`${message}. Without it ${lost}: ${spokenOptions.unsealed}`, data)
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
  readonly #steps: readonly SealStep[]
  /** What binds show, as it was before anything was mounted over it. */
  readonly #trees = new Map<Bind, number>()
  readonly #passBack: PassBack
  #overlays = 0
  #scratch: string | undefined

  constructor(plan: SandboxPlan, passBack: PassBack) {
    this.#steps = plan.steps
    this.#passBack = passBack
  }

  release(): void {
    const fd = this.#scratch === undefined ? undefined : this.#held.get(this.#scratch)
    if (fd !== undefined) this.#passBack('scratch', [fd])
    const root = openPath('/')
    this.#passBack('root', [root])
    close(root)
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
        mountSetAttributes('/', { set: ['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NOSUID', 'MOUNT_ATTR_NODEV'], recursive: true })
        return
      case 'cover':
        return this.#cover(step)
      case 'tmpfs':
        makeDirectory(step.target)
        return mountTmpfs(placeOf(step.target), step)
      case 'bind':
        return this.#bind(step)
      case 'overlay':
        if (this.#isGone(step)) this.#overlays++
        else this.#overlay(step, step.target, step.target)
        return
      case 'pivot-root':
        return pivotRoot(this.#overlay(step, step.rootfs))
      case 'leave-root':
        return this.#leaveRoot()
      case 'mask':
        requireThere(step.target, 'What is to be masked')
        return mask(placeOf(step.target))
      case 'hide':
        for (const path of step.paths) mountBind('/dev/null', path)
        return
      case 'lines':
        return mountLines(step, this.#heldPath(step.scratch))
      case 'dev':
        return mountDevices(step, (path) => this.#heldPath(path))
      case 'proc':
        return mountProcess()
      case 'sys':
        return mountSystem()
      case 'cgroup':
        return mountCgroup(step.target)
      case 'limit-files':
        return this.#limitFiles(step.target)
      case 'loopback':
        return interfaceUp('lo')
      case 'interface':
        return addInterface(step)
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
      case 'user-counts':
        return limitUserCounts(step)
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
      try {
        this.#held.set(path, openPath(path))
      } catch (error) {
        if ((error as SysError).errno !== 'ENOENT' || !this.#mayBeGone(path)) throw error
        this.#held.delete(path)
      }
      if (earlier !== undefined) close(earlier)
    }
  }

  #mayBeGone(path: string): boolean {
    return this.#steps.some((step) => step.do === 'overlay' && step.ifThere && step.target === path)
  }

  /** True for a part that the host has removed since the plan was made. */
  #isGone(step: SealAction): boolean {
    return step.do === 'overlay' && step.ifThere === true && !this.#held.has(step.target)
  }

  /** The held place, by a path that stays true whatever is mounted over it. */
  #heldPath(path: string): string {
    const fd = this.#held.get(path)
    return fd === undefined ? path : `/proc/self/fd/${fd}`
  }

  #bind(step: Bind): void {
    const { source, target, writable, devices } = step
    const tree = this.#trees.get(step) ?? cloneTree(this.#heldPath(source))
    // Done before the mount: afterwards the path could lead elsewhere, and open that up. An earlier step closed the whole tree.
    if (writable) treeSetAttributes(tree, { clear: ['MOUNT_ATTR_RDONLY'] })
    if (devices) treeSetAttributes(tree, { clear: ['MOUNT_ATTR_NODEV'] })
    makeMountPoint(target, statSync(this.#heldPath(source)).isDirectory())
    mountTree(tree, placeOf(target))
    close(tree)
    this.#trees.delete(step)
  }

  /** Copies what binds show after the covers are in place, and before the sandbox's own mounts are. */
  #cover(plan: CoverPlan): void {
    try {
      coverOtherViews(plan, (path) => this.#steps.some((step) => isAroundAny([placeOfStep(step) ?? '/'], path)))
    } finally {
      this.#copyTrees()
    }
  }

  #copyTrees(): void {
    for (const bind of this.#steps) {
      if (bind.do !== 'bind') continue
      try {
        this.#trees.set(bind, cloneTree(this.#heldPath(bind.source)))
      } catch {
        // The step itself will say what is wrong.
      }
    }
  }

  /** Mounts an overlay over `lower`, at `target`, or without one at a new place that becomes the root. Returns where it is. */
  #overlay(step: Extract<SealAction, { do: 'overlay' | 'pivot-root' }>, lower: string, target?: string): string {
    const { scratch, layers } = step
    this.#scratch = scratch
    const place = `${this.#heldPath(scratch)}/${this.#overlays++}`
    const [upper, work] = [`${place}/upper`, `${place}/work`]
    mkdirSync(upper, { recursive: true })
    mkdirSync(work)
    requireUserXattrs(upper)
    const copied = 'without' in step ? copyEntries(this.#heldPath(lower), `${place}/copy`, step.without ?? []) : undefined
    // By descriptor: a path may hold ':' or ',', and one overlay must not see another as its lower.
    const lowers = [...layers.map((path) => this.#heldPath(path)), copied ? `${place}/copy` : this.#heldPath(lower)]
    // The merged directory shows the upper's mode (overlayfs.rst), so it has to be that of the lower one on top.
    chmodSync(upper, statSync(lowers[0] as string).mode & 0o7777)
    const at = target ?? `${place}/root`
    mkdirSync(at, { recursive: true })
    const places = `${place}/places`
    const below = makeMissing(this.#placesAfter(step, target ?? '/'), lowers, places) ? [...lowers, places] : lowers
    try {
      mountOverlay(at, below, upper, work)
    } catch (error) {
      throw withUnfitUpper(error as SysError, upper)
    }
    for (const name of copied ?? []) mountBind(`${this.#heldPath(lower)}/${name}`, `${at}/${name}`)
    return at
  }

  /** Returns the places below an overlay at which later steps mount something, relative to it. */
  #placesAfter(step: SealAction, directory: string): MountPlace[] {
    const prefix = directory === '/' ? '/' : `${directory}/`
    return this.#steps.slice(this.#steps.indexOf(step as SealStep) + 1).flatMap((later) => {
      const place = placeOfStep(later)
      if (!place?.startsWith(prefix) || this.#isGone(later)) return []
      return [{ path: place.slice(prefix.length), isDirectory: later.do !== 'bind' || this.#isDirectory(later.source) }]
    })
  }

  /** Returns false for a missing source; the step itself reports it. */
  #isDirectory(source: string): boolean {
    return statSync(this.#heldPath(source), { throwIfNoEntry: false })?.isDirectory() ?? false
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

/**
 * An overlay in a user namespace keeps its marks in user.* attributes (overlayfs.rst). Without them
 * it can be mounted all the same, and fails later, where a directory is removed.
 */
function requireUserXattrs(upper: string): void {
  if (setUserXattr(upper, 'user.nsbox', '1')) return
  throw new NsboxError("The file system under the overlay's upper directory has no user extended attributes", {
    code: 'ERR_NSBOX_UPPER_XATTR',
    stage: 'seal',
    hint: "tmpfs has them since Linux 6.6. upper: 'auto' finds another place.",
  })
}

/** f_type of statfs(2). */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630

/** The kernel says EINVAL for that, and for much else. */
function withUnfitUpper(error: SysError, upper: string): NsboxError {
  if (error.errno !== 'EINVAL' || statfsSync(upper).type !== OVERLAYFS_SUPER_MAGIC) return error
  return error.withHint(
    "What overlays keep would lie on an overlay itself: upper: 'disk' takes /var/tmp. Mount another file system there; in a container, a volume: docker run --volume /var/tmp",
  )
}
