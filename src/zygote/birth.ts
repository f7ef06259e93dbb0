// Forks one sandbox: its init in new namespaces, and from that the payload.

import { type ErrorData, errorToData } from '../errors.ts'
import { idMapsOf } from '../plan/id-maps.ts'
import type { Namespace, SandboxPlan } from '../plan/plan.ts'
import { writeIdMaps } from '../seal/id-maps.ts'
import { close, pipe } from '../sys/descriptor.ts'
import { type CloneFlag, cloneInto, fork, pidfdOpen, pidfdSendSignal, waitpid } from '../sys/process.ts'
import type { Descriptors, Program } from '../wire/protocol.ts'
import { runInit } from './init.ts'
import { collectAlone } from './v8-flags.ts'

const SIGKILL = 9

const cloneFlagOf: Record<Namespace, CloneFlag> = {
  user: 'CLONE_NEWUSER',
  mount: 'CLONE_NEWNS',
  pid: 'CLONE_NEWPID',
  net: 'CLONE_NEWNET',
  ipc: 'CLONE_NEWIPC',
  uts: 'CLONE_NEWUTS',
  cgroup: 'CLONE_NEWCGROUP',
}

export interface BirthOptions {
  /** pidfd of this process. */
  self: number
  handles: number | undefined
  /** Socket for orders to init. */
  control: number | undefined
  job: boolean
  /** What the payload is to be, if that is a program. */
  program: { program: Program; descriptors: Descriptors } | undefined
  /** What only the payload needs. */
  streams: readonly number[]
  /** In the child, at once: closes what is not its own. */
  inChild(): void
}

export type Birth =
  /** In the payload's process: the pipe for its report. */
  | { in: 'payload'; report: number }
  | {
      in: 'parent'
      pid: number
      pidfd: number
      /** The pipe that its reports come through. */
      report: number
      /** Closing it tells that ids are mapped; undefined when nobody waits for that. */
      mapped: number | undefined
      /** True without a pid namespace, whose end would be the end of all in it. */
      hostPids: boolean
    }

/** @throws SysError when the kernel gives no namespaces and the plan requires them, or refuses the id maps */
export function forkSandbox(plan: SandboxPlan, options: BirthOptions): Birth {
  const { self: parent, inChild, program, ...rest } = options
  // Last steps are for the payload's own process.
  const spawned = plan.lastSteps.length === 0 ? program : undefined
  const [report, mapped] = [pipe(), pipe()]
  const closeOurs = () => [report.read, mapped.write].forEach(close)
  const closeTheirs = () => [report.write, mapped.read].forEach(close)
  let clone: Clone
  try {
    clone = cloneInit(plan)
  } catch (error) {
    closeOurs()
    closeTheirs()
    throw error
  }
  const { pid, unsealed } = clone
  if (pid === 0) {
    collectAlone()
    inChild()
    closeOurs()
    return {
      in: 'payload',
      report: runInit(plan, { ...rest, program: spawned, parent, report: report.write, mapped: mapped.read, unsealed }),
    }
  }
  closeTheirs()
  const pidfd = pidfdOpen(pid)
  try {
    const waits = !unsealed && mapIds(pid, plan) === 'later'
    if (!waits) close(mapped.write)
    const hostPids = unsealed !== undefined || !plan.namespaces.includes('pid')
    return { in: 'parent', pid, pidfd, report: report.read, mapped: waits ? mapped.write : undefined, hostPids }
  } catch (error) {
    pidfdSendSignal(pidfd, SIGKILL)
    waitpid(pid, { block: true })
    closeOurs()
    close(pidfd)
    throw error
  }
}

interface Clone {
  /** 0 in the child. */
  pid: number
  unsealed: ErrorData | undefined
}

function cloneInit(plan: SandboxPlan): Clone {
  try {
    return { pid: cloneInto(plan.namespaces.map((name) => cloneFlagOf[name])), unsealed: undefined }
  } catch (error) {
    if (plan.seal === 'require') throw error
    return { pid: fork(), unsealed: errorToData(error) }
  }
}

/** The child waits for this: until it is told, it is nobody. */
function mapIds(pid: number, plan: SandboxPlan): 'done' | 'later' {
  const maps = idMapsOf(plan)
  if (maps?.writtenBy === 'zygote') writeIdMaps(pid, maps)
  return maps?.writtenBy === 'newuidmap' ? 'later' : 'done'
}
