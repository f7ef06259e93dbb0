// The first process of a sandbox: pid 1 of its namespace. It seals, forks the payload, reaps, and
// when the payload ends it ends, which kills everything else in the namespace (pid_namespaces(7)).

import { constants } from 'node:os'
import { Keeper } from '../emulation/keeper.ts'
import { errorToData } from '../errors.ts'
import { type NotStarted, spawn } from '../payload/exec.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { withoutNamespaces } from '../plan/without-namespaces.ts'
import { applySeal } from '../seal/apply.ts'
import { close, duplicate, pollReadable } from '../sys/descriptor.ts'
import { exitNow, fork, getpid, leadProcessGroup, pidfdOpen, prctl, setsid, unshareCgroup } from '../sys/process.ts'
import { ignoreSignals, resetSignals, unblockSignals } from '../sys/signal.ts'
import { sendWithDescriptors } from '../sys/socket.ts'
import { type Descriptors, type HandedBack, handedBackAs, type InitReport, type NotEnforced, type Program } from '../wire/protocol.ts'
import { programDescriptors } from './program.ts'
import { ReadStreams } from './read-streams.ts'
import { endAll, reapUntil } from './reaper.ts'
import { postReport } from './report-pipe.ts'
import { workAlone } from './v8-flags.ts'

const SIGKILL = 9

export interface InitOptions {
  /** Pipe for lines of report. */
  report: number
  /** Hangs up when the id maps are written, where that is not init's to do. */
  mapped: number
  /** pidfd of the process that forked this one. */
  parent: number
  /** Namespaces that the plan asked for in vain. */
  missing: NotEnforced[]
  /** Socket for handles to what the host is to have. */
  handles: number | undefined
  /** Hung up once they are passed. */
  sealed: number | undefined
  /** Socket for orders. */
  control: number | undefined
  /** What only the payload needs. */
  streams: readonly number[]
  /** What the payload is to be, where it is known already and needs nothing done in its own process. */
  program: { program: Program; descriptors: Descriptors; passed?: readonly number[] } | undefined
  /** The payload stays in the session of the caller's terminal, and its stops are reported. */
  job: boolean
  /** It was born in a cgroup of its own, which is to be the root of what it sees. */
  ownCgroup: boolean
}

/** Returns only in the payload's process, sealed: the pipe for its report. */
export function runInit(cloned: SandboxPlan, options: InitOptions): number {
  const { report, mapped, parent, missing, handles, sealed: isSealed, control, streams, job, ownCgroup } = options
  const ownPids = cloned.namespaces.includes('pid')
  const notEnforced = [...missing]
  try {
    if (ownPids) dieWith(parent)
    else prctl('PR_SET_CHILD_SUBREAPER', 1)
    pollReadable([mapped])
    close(mapped)
    const plan = ownCgroup ? inOwnCgroup(cloned, notEnforced) : cloned
    const files = new ReadStreams(plan.namespaces.includes('mount') ? streams : [])
    let limitFiles: number | undefined
    // The caller's, which may take the owner's own permissions away, is the payload's again.
    const mask = process.umask(0o022)
    notEnforced.push(
      ...applySeal(plan, (kind, fds) => {
        if (kind === 'limit-files') limitFiles = duplicate(fds[0] as number)
        else passBack(kind, fds, handles)
      }),
    )
    process.umask(mask)
    files.reopen()
    for (const fd of [handles, isSealed]) if (fd !== undefined) close(fd)
    const [ownUsers, ownIpc] = (['user', 'ipc'] as const).map((name) => plan.namespaces.includes(name)) as [boolean, boolean]
    const keeper = plan.emulated || control !== undefined ? new Keeper(plan, { ownPids, ownUsers, ownIpc, control, limitFiles }) : undefined
    if (!keeper && limitFiles !== undefined) close(limitFiles)
    if (plan.emulated) notEnforced.push(...(keeper?.begin(plan.emulated) ?? []))
    const own = pidfdOpen(getpid())
    // ptrace(2), /proc/1/fd, /proc/1/mem: the payload has init's uid and could stop it or forge its report.
    prctl('PR_SET_DUMPABLE', 0)
    const payload = options.program && ownPids ? startProgram(options.program, job) : fork()
    if (payload === 0) {
      prctl('PR_SET_DUMPABLE', 1)
      files.close()
      keeper?.leave()
      if (!ownPids) close(parent)
      // Where a pid namespace does not end it with its init, this does.
      dieWith(own)
      // A group of its own: kill(0) inside must not reach the zygote's, or the caller's.
      if (job) leadProcessGroup()
      else setsid()
      return report
    }
    close(own)
    keeper?.born()
    // Whoever reads what the payload writes sees the end when the payload closes it.
    for (const fd of new Set(streams)) close(fd)
    ignoreMostSignals()
    if (keeper) workAlone()
    if (typeof payload !== 'number') {
      postReport(report, { failed: errorToData(payload.error) })
      return finish(report, { status: payload.exitCode << 8, notEnforced })
    }
    const status = reapUntil(payload, {
      parent: ownPids ? undefined : parent,
      onStop: job ? (stopped) => postReport(report, { stopped }) : undefined,
      keeper,
    })
    files.giveBack()
    const usage = endAll(ownPids)
    return finish(report, { status, notEnforced, usage, ...keeper?.report() })
  } catch (error) {
    return finish(report, { error: errorToData(error), notEnforced })
  }
}

/** The end of the namespace is its end: there is nothing to do in its own process before it is the program. */
function startProgram({ program, descriptors, passed }: NonNullable<InitOptions['program']>, job: boolean): number | NotStarted {
  return spawn(program, { descriptors: programDescriptors(descriptors, passed), lead: job ? 'group' : 'session' })
}

/** The root of a cgroup namespace is where its maker is, so it is made here and not with the others. */
function inOwnCgroup(plan: SandboxPlan, notEnforced: NotEnforced[]): SandboxPlan {
  if (!plan.namespaces.includes('cgroup')) return plan
  try {
    unshareCgroup()
    return plan
  } catch (error) {
    if (plan.seal === 'require') throw error
    notEnforced.push({ protection: 'cgroup namespace', error: errorToData(error) })
    return withoutNamespaces(plan, ['cgroup'])
  }
}

/** PR_SET_PDEATHSIG tells nothing of a parent that is gone already; its pidfd does. */
function dieWith(parent: number): void {
  prctl('PR_SET_PDEATHSIG', SIGKILL)
  if (pollReadable([parent], 0).size > 0) exitNow(1)
  close(parent)
}

function passBack(kind: HandedBack, fds: readonly number[], handles: number | undefined): void {
  if (handles !== undefined) sendWithDescriptors(handles, Buffer.from(handedBackAs[kind]), fds)
}

/**
 * A Ctrl+C goes to the whole group of the caller, and the payload decides what it means. Handlers of the
 * process that forked this one must not run here: libuv's write to a pipe that both have, so that what the
 * payload sends to its init would reach the host as a signal. Until here all signals were blocked (birth.ts);
 * those that came meanwhile are forgotten when they are ignored.
 */
function ignoreMostSignals(): void {
  const { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE } = constants.signals
  resetSignals()
  ignoreSignals([SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGPIPE])
  unblockSignals()
}

function finish(report: number, ended: InitReport): never {
  postReport(report, { ended })
  return exitNow(ended.error ? 1 : 0)
}
