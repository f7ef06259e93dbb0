// Carries out the steps of a plan, in order, in the first process of the new namespaces.

import { chmodSync, copyFileSync, mkdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorToData, NsboxError } from '../errors.ts'
import type { SandboxPlan, SealAction, SealStep } from '../plan/plan.ts'
import { limitCapabilities } from '../sys/capabilities.ts'
import { close, openPath } from '../sys/descriptor.ts'
import { setHostName } from '../sys/host-name.ts'
import { mountBind, mountOverlay, mountPrivate, mountSetAttributes, mountTmpfs } from '../sys/mount.ts'
import { interfaceUp } from '../sys/network.ts'
import { prctl } from '../sys/process.ts'
import { installFilter } from '../sys/seccomp.ts'
import { setUserXattr } from '../sys/xattr.ts'
import type { NotEnforced } from '../wire/protocol.ts'
import { mountDevices } from './devices.ts'
import { writeIdMaps } from './id-maps.ts'
import { mountProcess } from './proc.ts'

/** @throws SysError of the step that failed, when the plan says `require` */
export function applySeal(plan: SandboxPlan): NotEnforced[] {
  const sealing = new Sealing()
  const notEnforced: NotEnforced[] = []
  for (const step of plan.steps) {
    try {
      sealing.apply(step)
    } catch (error) {
      const failure = asSealError(step, error)
      if (plan.seal === 'require') throw failure
      notEnforced.push({ protection: stepName(step), error: errorToData(failure) })
    }
  }
  sealing.release()
  return notEnforced
}

/** What a report calls a step: `overlay /home/me/project`. */
function stepName(step: SealStep): string {
  return 'target' in step ? `${step.do} ${step.target}` : step.do
}

/** node's own file system calls fail with errors of its own. */
function asSealError(step: SealStep, error: unknown): NsboxError {
  if (NsboxError.is(error)) return error
  const { code, message, syscall } = error as NodeJS.ErrnoException
  return new NsboxError(`${stepName(step)}: ${message}`, { code: 'ERR_NSBOX_SEAL', stage: 'seal', errno: code, syscall, cause: error })
}

class Sealing {
  readonly #held = new Map<string, number>()
  #overlays = 0

  release(): void {
    for (const fd of this.#held.values()) close(fd)
  }

  apply(step: SealAction): void {
    switch (step.do) {
      case 'map-ids':
        return step.writtenBy === 'init' ? writeIdMaps('self', step) : undefined
      case 'hostname':
        return setHostName(step.name)
      case 'hold':
        return this.#hold(step.paths)
      case 'private-mounts':
        return mountPrivate('/')
      case 'read-only':
        return mountSetAttributes('/', { set: ['MOUNT_ATTR_RDONLY', 'MOUNT_ATTR_NOSUID'], recursive: true })
      case 'tmpfs':
        mkdirSync(step.target, { recursive: true })
        return mountTmpfs(step.target, step)
      case 'bind':
        return this.#bind(step)
      case 'copy':
        return copyFile(this.#heldPath(step.source), step.target)
      case 'symlink':
        return symlinkSync(step.to, step.target)
      case 'overlay':
        return this.#overlay(step.target, step.scratch)
      case 'dev':
        return mountDevices()
      case 'proc':
        return mountProcess()
      case 'loopback':
        return interfaceUp('lo')
      case 'chdir':
        return process.chdir(step.path)
      case 'oom-score':
        return writeFileSync('/proc/self/oom_score_adj', String(step.score))
      case 'capabilities':
        return limitCapabilities(step.keep)
      case 'no-new-privs':
        return prctl('PR_SET_NO_NEW_PRIVS', 1)
      case 'seccomp':
        return installFilter(step.filter)
    }
  }

  #hold(paths: string[]): void {
    for (const path of paths) this.#held.set(path, openPath(path))
  }

  /** The held place, by a path that stays true whatever is mounted over it. */
  #heldPath(path: string): string {
    const fd = this.#held.get(path)
    return fd === undefined ? path : `/proc/self/fd/${fd}`
  }

  #bind({ source, target, writable }: { source: string; target: string; writable: boolean }): void {
    const from = this.#heldPath(source)
    makeMountPoint(target, statSync(from).isDirectory())
    mountBind(from, target)
    // The bind is a copy of a mount that an earlier step made read-only.
    if (writable) mountSetAttributes(target, { clear: ['MOUNT_ATTR_RDONLY'] })
  }

  #overlay(target: string, scratch: string): void {
    const layer = `${this.#heldPath(scratch)}/${this.#overlays++}`
    const [upper, work] = [`${layer}/upper`, `${layer}/work`]
    mkdirSync(upper, { recursive: true })
    mkdirSync(work)
    requireUserXattrs(upper)
    // The merged directory shows the upper's mode (overlayfs.rst), so it has to be the lower's.
    chmodSync(upper, statSync(this.#heldPath(target)).mode & 0o7777)
    mkdirSync(target, { recursive: true })
    // By descriptor: a path may hold ':' or ',', and one overlay must not see another as its lower.
    mountOverlay(target, this.#heldPath(target), upper, work)
  }
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

function makeMountPoint(path: string, directory: boolean): void {
  mkdirSync(directory ? path : dirname(path), { recursive: true })
  if (directory) return
  try {
    writeFileSync(path, '', { flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
