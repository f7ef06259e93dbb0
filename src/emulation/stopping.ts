// Stops all processes of a sandbox and lets them go on, such that nobody in it takes that for a stop of his own.

import { pollReadable } from '../sys/descriptor.ts'
import { isPending } from '../sys/signal.ts'
import { readSmall } from '../sys/small-file.ts'
import { type Member, type Members, parseStat, signalOne } from './members.ts'

const SIGSTOP = 19
const SIGTSTP = 20
/**
 * How often a shell, and all processes, are looked at until they have stopped, each time a millisecond later: on a busy machine they wait
 * for a processor. Meanwhile nobody sees to the other limits.
 */
const [shellLooks, allLooks] = [50, 200]
/** Stopped, traced, or ended. */
const still = 'TtZX'

interface Held {
  /** When it was started: a pid may be used again. */
  start: string
  /** Our SIGSTOP has been pending there since it stopped. */
  pending: boolean
}

/**
 * Who was stopped already stays so. It is told by our own SIGSTOP, which remains pending there: nobody takes a
 * signal while he is stopped (signal(7)). What cannot be told: a SIGSTOP of somebody else's between our look and
 * ours, when its receiver has not taken it yet: the two become one. Nor a SIGTSTP between our look and our SIGCONT.
 */
export class Stopping {
  readonly #members: Members
  /** Were stopped when we stopped everybody, by pid. */
  #held = new Map<number, Held>()
  /** Shells with jobs, which would tell their user that a job was stopped. */
  #shells: number[] = []
  /** Were about to take a SIGSTOP of somebody else's. */
  #told: number[] = []
  #stopped = false
  #sorted = false

  constructor(members: Members) {
    this.#members = members
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** `now` are all processes as they just were. */
  stop(now: readonly Member[]): void {
    this.#shells = shellsOf(now)
    for (const pid of this.#shells) stopAndWait(pid)
    const moving = now.filter(({ pid, state }) => state !== 'T' && !this.#shells.includes(pid))
    this.#told = moving.map(({ pid }) => pid).filter((pid) => isPending(pid, SIGSTOP))
    this.#members.signalAll('SIGSTOP')
    this.#stopped = true
    this.#sorted = false
  }

  /** A timer can send SIGCONT, and so can somebody outside. */
  again(): void {
    if (!this.#sorted) this.#sort(this.#members.read())
    this.#forgetContinued()
    this.#members.signalAll('SIGSTOP')
    for (const held of this.#held.values()) held.pending = true
  }

  /** Until nobody moves any more, but for what the kernel does not let go. */
  settle(): void {
    waitFor(() => this.#members.read().every(({ state }) => still.includes(state)), allLooks)
  }

  /** `now` are all processes, stopped. Shells last: their jobs run again by then. */
  go(now: readonly Member[]): void {
    if (!this.#sorted) this.#sort(now)
    this.#forgetContinued()
    const ours = now.filter(({ pid, start }) => this.#held.get(pid)?.start !== start)
    // SIGCONT takes away what stops are pending: a Ctrl+Z that came meanwhile.
    const keys = ours.filter(({ pid, tty }) => tty !== 0 && isPending(pid, SIGTSTP))
    if (this.#held.size > 0 || this.#shells.length > 0) {
      for (const { pid } of ours) if (!this.#shells.includes(pid)) signalOne(pid, 'SIGCONT')
      for (const { pid } of ours) if (this.#shells.includes(pid)) signalOne(pid, 'SIGCONT')
    } else this.#members.signalAll('SIGCONT')
    for (const { pid } of keys) signalOne(pid, 'SIGTSTP')
    this.#stopped = false
  }

  /** Whether a stop that waitpid(2) tells of is ours. */
  isOurs(pid: number, signal: number): boolean {
    if (!this.#stopped) return false
    if (!this.#sorted) this.#sort(this.#members.read())
    if (signal === SIGSTOP && !this.#held.has(pid)) return true
    const start = stateOf(pid)?.start
    if (start !== undefined) this.#held.set(pid, { start, pending: false })
    return false
  }

  /** Before we say it again, after which it is pending everywhere. */
  #sort(now: readonly Member[]): void {
    this.#held = new Map()
    for (const { pid, start, state } of now) {
      if (state !== 'T' || this.#shells.includes(pid)) continue
      const pending = isPending(pid, SIGSTOP)
      if (pending || this.#told.includes(pid)) this.#held.set(pid, { start, pending })
    }
    this.#sorted = true
  }

  /** Who was sent SIGCONT goes on, or is stopped by us alone: SIGCONT takes away the SIGSTOP that was pending (signal(7)). */
  #forgetContinued(): void {
    for (const [pid, { pending }] of this.#held) {
      if (stateOf(pid)?.state !== 'T' || (pending && !isPending(pid, SIGSTOP))) this.#held.delete(pid)
    }
  }
}

/** Job control gives each job a process group (setpgid(2)). Outer shells first; one that is stopped is as good as any process. */
function shellsOf(members: readonly Member[]): number[] {
  const byPid = new Map(members.map((member) => [member.pid, member]))
  const shells = new Set<number>()
  for (const { ppid, pgrp, session } of members) {
    const parent = byPid.get(ppid)
    if (parent && parent.session === session && parent.pgrp !== pgrp && !still.includes(parent.state)) shells.add(ppid)
  }
  return members.map(({ pid }) => pid).filter((pid) => shells.has(pid))
}

/** In waitpid(2) it would see its jobs stop before it has stopped itself. */
function stopAndWait(pid: number): void {
  signalOne(pid, 'SIGSTOP')
  waitFor(() => still.includes(stateOf(pid)?.state ?? 'X'), shellLooks)
}

function waitFor(isSo: () => boolean, looks: number): void {
  for (let look = 0; look < looks && !isSo(); look++) pollReadable([], 1)
}

function stateOf(pid: number): Member | undefined {
  return parseStat(pid, readSmall(`/proc/${pid}/stat`))
}
