// The blocking loop of a zygote: forks what is asked for and tells how each child ended.

import { readFileSync } from 'node:fs'
import { errorToData } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { rehearseSeal } from '../seal/rehearse.ts'
import { killDescendants } from '../sys/descendants.ts'
import { close, pollReadable } from '../sys/descriptor.ts'
import { type AddressRange, heapRanges, makeRoom } from '../sys/node-heap.ts'
import { pidfdOpen, pidfdSendSignal, waitpid } from '../sys/process.ts'
import type { Descriptors, Payload } from '../wire/protocol.ts'
import { forkSandbox } from './birth.ts'
import { type Control, controlFd } from './control.ts'
import { sandboxEnd } from './report-pipe.ts'
import type { ThreadWatch } from './threads.ts'

const SIGKILL = 9

/**
 * A node allocates about 350 kB between the last look at the zygote's threads and the moment its own are there, in bytes. A
 * collection in between asks threads for help that the fork leaves behind: one of the whole heap waits for their sweeping for ever,
 * and a node whose event loop is over never ends.
 */
const untilThreads = 512 * 1024

interface Child {
  id: number
  pid: number
  /** Pipe for the report of its init. */
  report: number
  /** To be closed once its ids are mapped. */
  mapped: number | undefined
  hostPids: boolean
}

/** In the child: the payload's process, sealed and not yet a fresh node or a program. */
export interface Born {
  type: 'born'
  plan: SandboxPlan
  payload: Payload
  descriptors: Descriptors
  report: number
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
        const { message, descriptors } = request
        if (message.type === 'warm') {
          this.#heap = undefined
          return message
        }
        if (message.type === 'kill') this.#kill(message.id)
        if (message.type === 'mapped') this.#goOn(message.id)
        if (message.type === 'fork') {
          const born = this.#fork(message.id, message.plan, message.payload, descriptors)
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
  #fork(id: number, plan: SandboxPlan, payload: Payload, descriptors: Descriptors): Born | undefined {
    try {
      rehearseSeal(plan)
      if (payload.kind !== 'exec') makeRoom(untilThreads)
      this.#heap ??= heapRanges()
      this.#watch.check()
      const { handles, sealed, cgroup, control, ...streams } = descriptors
      const birth = forkSandbox(plan, {
        self: this.#self,
        handles,
        sealed,
        cgroup,
        control,
        program: payload.kind === 'exec' ? { program: payload, descriptors } : undefined,
        streams: Object.values(streams),
        job: false,
        inChild: () => this.#closeOthers(),
      })
      if (birth.in === 'payload') return { type: 'born', plan, payload, descriptors, report: birth.report, heap: this.#heap }
      const { pid, pidfd, report, mapped, hostPids } = birth
      this.#children.set(pidfd, { id, pid, report, mapped, hostPids })
      this.#control.post({ type: 'forked', id, pid })
    } catch (error) {
      this.#control.post({ type: 'ended', id, end: { exitCode: null, signal: null, error: errorToData(error), notEnforced: [] } })
    }
    for (const fd of Object.values(descriptors)) close(fd)
    return undefined
  }

  /** In a child: what belongs to other sandboxes would keep their ends open, and give them away. */
  #closeOthers(): void {
    close(controlFd)
    this.#control.closeWaiting()
    for (const [pidfd, { report, mapped }] of this.#children) for (const fd of [pidfd, report, mapped]) if (fd !== undefined) close(fd)
  }

  #goOn(id: number): void {
    const child = this.#byId(id)?.[1]
    if (child?.mapped === undefined) return
    close(child.mapped)
    child.mapped = undefined
  }

  #byId(id: number): [pidfd: number, child: Child] | undefined {
    return [...this.#children].find(([, { id: candidate }]) => candidate === id)
  }

  #kill(id: number): void {
    const [pidfd, child] = this.#byId(id) ?? []
    if (pidfd === undefined || !child) return
    if (child.hostPids) killDescendants(child.pid)
    pidfdSendSignal(pidfd, SIGKILL)
  }

  #collect(pidfd: number): void {
    const child = this.#children.get(pidfd)
    if (!child) return
    this.#children.delete(pidfd)
    const status = waitpid(child.pid, { block: true })?.status ?? 0
    const report = readFileSync(child.report, 'utf8')
    for (const fd of [pidfd, child.report, child.mapped]) if (fd !== undefined) close(fd)
    this.#control.post({ type: 'ended', id: child.id, end: sandboxEnd(status, report) })
  }
}
