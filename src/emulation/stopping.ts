// Stops all processes of a sandbox and lets them go on, such that nobody in it takes that for a stop of his own.

import { readSmall } from '../sys/small-file.ts'
import { type Member, type Members, parseStat, signalOne } from './members.ts'

const SIGSTOP = 19
const SIGTSTP = 20
/** How often a process is looked at until it has stopped. */
const looks = 200

/**
 * What cannot be told: a stop by somebody else in the microseconds between our look and our SIGSTOP, and a
 * SIGTSTP between our look and our SIGCONT. The one is undone with ours, the other is forgotten (signal(7)).
 */
export class Stopping {
  readonly #members: Members
  /** Were stopped when we stopped everybody, and stay so: start times by pid. */
  #held = new Map<number, string>()
  /** Shells with jobs, which would tell their user that a job was stopped. */
  #shells: number[] = []
  #stopped = false

  constructor(members: Members) {
    this.#members = members
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** `now` are all processes as they just were. */
  stop(now: readonly Member[]): void {
    this.#held = new Map(now.filter(({ state }) => state === 'T').map(({ pid, start }) => [pid, start]))
    this.#shells = shellsOf(now)
    for (const pid of this.#shells) if (!this.#held.has(pid)) stopAndWait(pid)
    this.#members.signalAll('SIGSTOP')
    this.#stopped = true
  }

  /** A timer can send SIGCONT, and so can somebody outside. */
  again(): void {
    for (const pid of this.#held.keys()) if (stateOf(pid)?.state !== 'T') this.#held.delete(pid)
    this.#members.signalAll('SIGSTOP')
  }

  /** `now` are all processes, stopped. Shells last: their jobs run again by then. */
  go(now: readonly Member[]): void {
    // SIGCONT takes away what stops are pending.
    const keys = now.filter(({ pid, tty }) => tty !== 0 && !this.#held.has(pid) && isPending(pid, SIGTSTP))
    const mixed = this.#held.size > 0 || this.#shells.length > 0
    if (mixed) {
      const ours = now.filter(({ pid, start }) => this.#held.get(pid) !== start).map(({ pid }) => pid)
      for (const pid of ours.filter((pid) => !this.#shells.includes(pid))) signalOne(pid, 'SIGCONT')
      for (const pid of ours.filter((pid) => this.#shells.includes(pid))) signalOne(pid, 'SIGCONT')
    } else this.#members.signalAll('SIGCONT')
    for (const { pid } of keys) signalOne(pid, 'SIGTSTP')
    this.#held.clear()
    this.#shells = []
    this.#stopped = false
  }

  /** Whether a stop that waitpid(2) tells of is ours. One that is not is left alone from here on. */
  isOurs(pid: number, signal: number): boolean {
    if (!this.#stopped) return false
    if (signal === SIGSTOP && !this.#held.has(pid)) return true
    const start = stateOf(pid)?.start
    if (start !== undefined) this.#held.set(pid, start)
    return false
  }
}

/** Job control gives each job a process group (setpgid(2)). Outer shells first. */
function shellsOf(members: readonly Member[]): number[] {
  const byPid = new Map(members.map((member) => [member.pid, member]))
  const shells = new Set<number>()
  for (const { ppid, pgrp, session } of members) {
    const parent = byPid.get(ppid)
    if (parent && parent.session === session && parent.pgrp !== pgrp) shells.add(ppid)
  }
  return members.map(({ pid }) => pid).filter((pid) => shells.has(pid))
}

/** In waitpid(2) it would see its jobs stop before it has stopped itself. */
function stopAndWait(pid: number): void {
  signalOne(pid, 'SIGSTOP')
  for (let look = 0; look < looks; look++) {
    const state = stateOf(pid)?.state
    if (state === undefined || 'TtZX'.includes(state)) return
  }
}

function stateOf(pid: number): Member | undefined {
  return parseStat(pid, readSmall(`/proc/${pid}/stat`))
}

/** ShdPnd of proc_pid_status(5): a bit for each signal, from 1 on. */
function isPending(pid: number, signal: number): boolean {
  const [, mask = '0'] = /^ShdPnd:\s*([0-9a-f]+)$/m.exec(readSmall(`/proc/${pid}/status`)) ?? []
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n
}
