// From a seal that failed to the fact behind it and what mends it here.

import { realpathSync } from 'node:fs'
import { type ErrorData, errorFromData, errorToData, type NsboxError } from '../errors.ts'
import { lossOf } from './losses.ts'
import { isContainer } from './place.ts'
import { leaveFilter, leaveSandbox, loosenContainer, mapRoot, uncoverProc } from './remedies/containers.ts'
import { loadOverlay, otherDirectory, updateKernel } from './remedies/file-systems.ts'
import { exemptFromApparmor, loadVeth, mapCaller, raiseLimit, turnUserNamespacesOn } from './remedies/namespaces.ts'
import { hintOf, type Remedy } from './remedies/remedy.ts'
import { type Restrictions, readRestrictions } from './restrictions.ts'

/** The same error, with a hint that fits this machine. */
export function explainSealFailure(error: NsboxError): NsboxError {
  if (error.hint || error.syscall === undefined) return error
  const remedy = remedyFor(error, readRestrictions())
  return remedy === undefined ? error : error.withHint(hintOf(remedy))
}

/** Adds the consequence of a missing protection, and the hint that fits this machine. */
export function explainMissing<T extends { protection: string; error: ErrorData }>(missing: T): T & { lost?: string } {
  const lost = lossOf(missing.protection)
  const error = explainSealFailure(errorFromData(missing.error))
  return { ...missing, error: errorToData(error), ...(lost !== undefined && { lost }) }
}

export type SealFailure = Pick<NsboxError, 'message' | 'syscall' | 'errno'>

/** Undefined for a failure of no known cause. */
export function remedyFor(failure: SealFailure, host: Restrictions): Remedy | undefined {
  const denied = failure.errno === 'EPERM' || failure.errno === 'EACCES'
  if (host.place === 'sandbox' && (denied || failure.errno === 'ENOSPC')) return leaveSandbox()
  return cloneRemedy(failure, host) ?? (denied ? deniedRemedy(failure, host) : kernelRemedy(failure, host))
}

function cloneRemedy({ syscall, errno, message }: SealFailure, host: Restrictions): Remedy | undefined {
  if (syscall !== 'clone') return undefined
  const inContainer = isContainer(host.place)
  if (host.usersMayNotClone && !host.privileged && errno === 'EPERM') return turnUserNamespacesOn()
  if (errno === 'ENOSPC') {
    const kind = host.limitedToZero.find((name) => message.includes(cloneFlagOf[name] ?? ' '))
    return kind
      ? raiseLimit(kind, `The limit of ${kind} namespaces is 0`, inContainer)
      : raiseLimit('user', 'The limit of namespaces is reached', inContainer)
  }
  if (errno === 'EPERM' && !host.isMapped) return mapCaller()
  // AppArmor lets clone(2) succeed, so whatever denies it is a filter.
  if (errno === 'EPERM' && host.seccompFilters > 0) return inContainer ? loosenContainer(host.place) : leaveFilter()
  return undefined
}

/** As the flags stand in the message of a failed clone(2). */
const cloneFlagOf: Record<string, string> = {
  user: 'CLONE_NEWUSER',
  mnt: 'CLONE_NEWNS',
  pid: 'CLONE_NEWPID',
  net: 'CLONE_NEWNET',
  ipc: 'CLONE_NEWIPC',
  uts: 'CLONE_NEWUTS',
  cgroup: 'CLONE_NEWCGROUP',
  time: 'CLONE_NEWTIME',
}

function deniedRemedy({ message }: SealFailure, host: Restrictions): Remedy | undefined {
  const { place, procCovers } = host
  if (host.mayNotMapRoot && /\bmap-ids\b|\/uid_map\b/.test(message)) return mapRoot(place)
  // Where the container's own profile still holds, that is the first thing in the way.
  const confined = isContainer(place) && host.apparmorProfile !== undefined && !host.apparmorProfile.startsWith('unconfined')
  if (host.apparmorRestricts && !host.privileged && !confined) return exemptFromApparmor(place, realpathSync(process.execPath))
  if (/"proc"/.test(message) && (procCovers.length > 0 || isContainer(place))) return uncoverProc(place, procCovers)
  if (isContainer(place)) return loosenContainer(place)
  return host.seccompFilters > 0 ? leaveFilter() : undefined
}

function kernelRemedy({ syscall, errno, message }: SealFailure, { place }: Restrictions): Remedy | undefined {
  if (errno === 'ENOSYS') {
    return updateKernel(place, `nsbox needs Linux 5.12 or later, or a seccomp profile that knows ${syscall ?? 'its system calls'}`)
  }
  if (/RTM_NEWLINK veth/.test(message)) return loadVeth()
  if (!/"overlay"/.test(message)) return undefined
  if (errno === 'ENODEV') return loadOverlay()
  return errno === 'EINVAL' ? otherDirectory() : undefined
}
