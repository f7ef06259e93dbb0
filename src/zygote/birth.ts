// Forks one sandbox: its init in new namespaces, and from that the payload.

import { writeFileSync } from 'node:fs'
import { idMapsOf } from '../plan/id-maps.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { writeIdMaps } from '../seal/id-maps.ts'
import { close, pipe } from '../sys/descriptor.ts'
import { pidfdOpen, pidfdSendSignal, waitpid } from '../sys/process.ts'
import { blockSignals, restoreSignals } from '../sys/signal.ts'
import type { Descriptors, Program } from '../wire/protocol.ts'
import { type Clone, cloneInit } from './clone.ts'
import { runInit } from './init.ts'
import { collectAlone } from './v8-flags.ts'

const SIGKILL = 9

export interface BirthOptions {
  /** pidfd of this process. */
  self: number
  /** For what it passes back, and to be hung up once that is done. */
  handles: number | undefined
  sealed: number | undefined
  /** Directory of the cgroup to be born in. */
  cgroup: number | undefined
  /** Socket for orders to init. */
  control: number | undefined
  job: boolean
  /** What the payload is to be, if that is a program. */
  program: { program: Program; descriptors: Descriptors; passed?: readonly number[] } | undefined
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
export function forkSandbox(asked: SandboxPlan, options: BirthOptions): Birth {
  const { self: parent, inChild, program, cgroup, ...rest } = options
  // Last steps are for the payload's own process.
  const spawned = asked.lastSteps.length === 0 ? program : undefined
  const [report, mapped] = [pipe(), pipe()]
  const closeOurs = () => [report.read, mapped.write].forEach(close)
  const closeTheirs = () => [report.write, mapped.read].forEach(close)
  let clone: Clone
  try {
    clone = withoutSignals(() => cloneInit(asked, cgroup))
  } catch (error) {
    closeOurs()
    closeTheirs()
    throw error
  }
  const { pid, plan, missing, isPlaced } = clone
  if (pid === 0) {
    collectAlone()
    inChild()
    if (cgroup !== undefined) close(cgroup)
    closeOurs()
    return {
      in: 'payload',
      report: runInit(plan, {
        ...rest,
        program: spawned,
        parent,
        report: report.write,
        mapped: mapped.read,
        missing,
        ownCgroup: cgroup !== undefined,
      }),
    }
  }
  closeTheirs()
  const pidfd = pidfdOpen(pid)
  try {
    if (!isPlaced) moveInto(cgroup as number, pid)
    const waits = mapIds(pid, plan) === 'later'
    if (!waits) close(mapped.write)
    const hostPids = !plan.namespaces.includes('pid')
    return { in: 'parent', pid, pidfd, report: report.read, mapped: waits ? mapped.write : undefined, hostPids }
  } catch (error) {
    pidfdSendSignal(pidfd, SIGKILL)
    waitpid(pid, { block: true })
    closeOurs()
    close(pidfd)
    throw error
  }
}

/**
 * The child keeps signals blocked until it ignores them, or is another program. libuv's handlers must not run in it: they take the
 * one byte of a pipe that both processes have as a lock, and if the child is killed before it is put back, the parent waits for it
 * forever (libuv, uv__signal_handler).
 */
function withoutSignals(clone: () => Clone): Clone {
  const mask = blockSignals()
  let isChild = false
  try {
    const cloned = clone()
    isChild = cloned.pid === 0
    return cloned
  } finally {
    if (!isChild) restoreSignals(mask)
  }
}

/** The child still waits, and has not done anything. */
function moveInto(cgroup: number, pid: number): void {
  writeFileSync(`/proc/self/fd/${cgroup}/cgroup.procs`, String(pid))
}

/** The child waits for this: until it is told, it is nobody. */
function mapIds(pid: number, plan: SandboxPlan): 'done' | 'later' {
  const maps = idMapsOf(plan)
  if (maps?.writtenBy === 'zygote') writeIdMaps(pid, maps)
  return maps?.writtenBy === 'newuidmap' ? 'later' : 'done'
}
