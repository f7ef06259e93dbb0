// The first process of a sandbox: pid 1 of its namespace. It seals, forks the payload, reaps, and
// when the payload ends it ends, which kills everything else in the namespace (pid_namespaces(7)).

import { type ErrorData, errorToData } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { applySeal } from '../seal/apply.ts'
import { close, pollReadable, writeAll } from '../sys/descriptor.ts'
import { exitNow, fork, getpid, pidfdOpen, prctl, setsid, waitpid } from '../sys/process.ts'
import type { InitReport, NotEnforced } from '../wire/protocol.ts'
import { controlFd } from './control.ts'
import { killDescendants } from './descendants.ts'

const SIGKILL = 9

export interface InitOptions {
  /** Pipe for the {@link InitReport}. */
  report: number
  /** Hangs up when the zygote has written the id maps that are its to write. */
  mapped: number
  /** pidfd of the zygote. */
  zygote: number
  /** Why there are no namespaces, where the plan only preferred them. */
  unsealed: ErrorData | undefined
}

/** Returns only in the payload's process, sealed. */
export function runInit(plan: SandboxPlan, { report, mapped, zygote, unsealed }: InitOptions): void {
  const notEnforced: NotEnforced[] = []
  try {
    close(controlFd)
    dieWith(zygote)
    pollReadable([mapped])
    close(mapped)
    if (unsealed) notEnforced.push({ protection: 'namespaces', error: unsealed })
    notEnforced.push(...applySeal(unsealed ? withoutMounts(plan) : plan))
    const own = pidfdOpen(getpid())
    // ptrace(2), /proc/1/fd, /proc/1/mem: the payload has init's uid and could stop it or forge its report.
    prctl('PR_SET_DUMPABLE', 0)
    const payload = fork()
    if (payload === 0) {
      prctl('PR_SET_DUMPABLE', 1)
      close(report)
      // Where a pid namespace does not end it with its init, this does.
      dieWith(own)
      // A group of its own: kill(0) inside must not reach the zygote's.
      setsid()
      return
    }
    close(own)
    const status = reap(payload)
    if (unsealed) killDescendants(getpid())
    finish(report, { status, notEnforced })
  } catch (error) {
    finish(report, { error: errorToData(error), notEnforced })
  }
}

/** PR_SET_PDEATHSIG tells nothing of a parent that is gone already; its pidfd does. */
function dieWith(parent: number): void {
  prctl('PR_SET_PDEATHSIG', SIGKILL)
  if (pollReadable([parent], 0).size > 0) exitNow(1)
  close(parent)
}

/** Blocks until the payload ends; orphans that were left to pid 1 are reaped on the way. */
function reap(payload: number): number {
  for (;;) {
    const ended = waitpid(-1, { block: true })
    if (ended?.pid === payload) return ended.status
  }
}

function finish(report: number, message: InitReport): never {
  writeAll(report, Buffer.from(JSON.stringify(message)))
  return exitNow(message.error ? 1 : 0)
}

/** In the host's namespaces a mount or a host name would be the host's own. */
function withoutMounts(plan: SandboxPlan): SandboxPlan {
  const own = ['chdir', 'oom-score', 'no-new-privs', 'seccomp']
  prctl('PR_SET_CHILD_SUBREAPER', 1)
  return { ...plan, steps: plan.steps.filter((step) => own.includes(step.do)) }
}
