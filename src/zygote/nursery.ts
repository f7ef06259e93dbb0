// The blocking loop of a zygote: forks what is asked for and tells how each child ended.

import { readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { type ErrorData, errorToData, NsboxError } from '../errors.ts'
import type { Namespace, SandboxPlan } from '../plan/plan.ts'
import { writeIdMaps } from '../seal/id-maps.ts'
import { close, pipe, pollReadable } from '../sys/descriptor.ts'
import { type AddressRange, heapRanges } from '../sys/node-heap.ts'
import { type CloneFlag, cloneInto, fork, pidfdOpen, pidfdSendSignal, waitpid } from '../sys/process.ts'
import type { InitReport, Payload, SandboxEnd } from '../wire/protocol.ts'
import { type Control, controlFd } from './control.ts'
import { killDescendants } from './descendants.ts'
import { runInit } from './init.ts'
import type { ThreadWatch } from './threads.ts'

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

interface Child {
  id: number
  pid: number
  /** Pipe for the report of its init. */
  report: number
  /** True without a pid namespace, whose end would be the end of all in it. */
  unsealed: boolean
}

/** In the child: the payload's process, sealed and not yet a fresh node. */
export interface Born {
  type: 'born'
  payload: Payload
  fds: number[]
  /** What of its memory its own children need not inherit. */
  heap: AddressRange[]
}

export type Turn = Born | { type: 'warm'; data: unknown } | { type: 'closed' }

export class Nursery {
  readonly #control: Control
  readonly #watch: ThreadWatch
  /** By pidfd. */
  readonly #children = new Map<number, Child>()
  /** V8's heap as it was before the first fork since the zygote last ran anything. */
  #heap: AddressRange[] | undefined
  /** This zygote, for its children: readable once it is dead. */
  readonly #self = pidfdOpen(process.pid)

  constructor(control: Control, watch: ThreadWatch) {
    this.#control = control
    this.#watch = watch
  }

  /** Blocks until something comes up that needs the event loop, or until this is a child. */
  serve(): Turn {
    for (;;) {
      for (let request = this.#control.pending(); request; request = this.#control.pending()) {
        const { message, fds } = request
        if (message.type === 'warm') {
          this.#heap = undefined
          return message
        }
        if (message.type === 'kill') this.#kill(message.id)
        if (message.type === 'fork') {
          const born = this.#fork(message.id, message.plan, message.payload, fds)
          if (born) return born
        }
      }
      if (!this.#control.open) return { type: 'closed' }
      const ready = pollReadable([controlFd, ...this.#children.keys()])
      if (ready.has(controlFd)) this.#control.receive()
      for (const fd of ready) this.#collect(fd)
    }
  }

  /** Answers in the child only. */
  #fork(id: number, plan: SandboxPlan, payload: Payload, fds: number[]): Born | undefined {
    /** What only the child uses. */
    const childs = [...fds]
    let reportRead: number | undefined
    try {
      this.#heap ??= heapRanges()
      this.#watch.check()
      const [report, mapped] = [pipe(), pipe()]
      childs.push(report.write, mapped.read, mapped.write)
      reportRead = report.read
      const { pid, unsealed } = this.#clone(plan)
      if (pid === 0) {
        this.#closeOthers()
        close(report.read)
        close(mapped.write)
        runInit(plan, { report: report.write, mapped: mapped.read, zygote: this.#self, unsealed })
        return { type: 'born', payload, fds, heap: this.#heap }
      }
      this.#children.set(pidfdOpen(pid), { id, pid, report: report.read, unsealed: unsealed !== undefined })
      reportRead = undefined
      this.#control.post({ type: 'forked', id, pid })
      if (!unsealed) mapIds(pid, plan)
    } catch (error) {
      if (reportRead !== undefined) close(reportRead)
      this.#control.post({ type: 'ended', id, end: { exitCode: null, signal: null, error: errorToData(error), notEnforced: [] } })
    }
    for (const fd of childs) close(fd)
    return undefined
  }

  /** In a child: what belongs to other sandboxes would keep their ends open, and give them away. */
  #closeOthers(): void {
    this.#control.closeWaiting()
    for (const [pidfd, { report }] of this.#children) for (const fd of [pidfd, report]) close(fd)
  }

  /** @throws SysError when the kernel gives no namespaces and the plan requires them */
  #clone(plan: SandboxPlan): { pid: number; unsealed: ErrorData | undefined } {
    try {
      return { pid: cloneInto(plan.namespaces.map((name) => cloneFlagOf[name])), unsealed: undefined }
    } catch (error) {
      if (plan.seal === 'require') throw error
      return { pid: fork(), unsealed: errorToData(error) }
    }
  }

  #kill(id: number): void {
    const [pidfd, child] = [...this.#children].find(([, { id: candidate }]) => candidate === id) ?? []
    if (pidfd === undefined || !child) return
    if (child.unsealed) killDescendants(child.pid)
    pidfdSendSignal(pidfd, SIGKILL)
  }

  #collect(pidfd: number): void {
    const child = this.#children.get(pidfd)
    if (!child) return
    this.#children.delete(pidfd)
    const status = waitpid(child.pid, { block: true })?.status ?? 0
    const report = readFileSync(child.report, 'utf8')
    close(child.report)
    close(pidfd)
    this.#control.post({ type: 'ended', id: child.id, end: sandboxEnd(status, report) })
  }
}

/** The child waits for this: until the pipe is closed it is nobody. */
function mapIds(pid: number, plan: SandboxPlan): void {
  const maps = plan.steps.find((step) => step.do === 'map-ids')
  if (maps?.writtenBy === 'zygote') writeIdMaps(pid, maps)
}

function sandboxEnd(initStatus: number, report: string): SandboxEnd {
  if (report === '') {
    // Only a signal from outside the namespace ends its init before it can report.
    const error = new NsboxError("The sandbox's init was killed from outside", { code: 'ERR_NSBOX_INIT_KILLED', stage: 'payload' })
    return { ...decodeStatus(initStatus), error: errorToData(error), notEnforced: [] }
  }
  const { status, error, notEnforced } = parseReport(report)
  const ended = status === undefined ? { exitCode: null, signal: null } : decodeStatus(status)
  return error === undefined ? { ...ended, notEnforced } : { ...ended, error, notEnforced }
}

/** What is no report must not end the zygote. */
function parseReport(report: string): InitReport {
  try {
    return JSON.parse(report) as InitReport
  } catch (error) {
    return { error: errorToData(error), notEnforced: [] }
  }
}

/** waitpid(2): the signal in the low seven bits, else the exit code in the next eight. */
function decodeStatus(status: number): { exitCode: number | null; signal: string | null } {
  const number = status & 0x7f
  if (number === 0) return { exitCode: (status >> 8) & 0xff, signal: null }
  const name = Object.entries(constants.signals).find(([, value]) => value === number)?.[0]
  return { exitCode: null, signal: name ?? `signal ${number}` }
}
