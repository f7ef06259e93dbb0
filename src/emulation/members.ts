// The processes of a sandbox as its init sees them: all but itself.

import { readdirSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import { descendants } from '../sys/descendants.ts'
import { isOwnProc } from '../sys/own-proc.ts'
import { getpid } from '../sys/process.ts'
import { sendSignal } from '../sys/signal.ts'
import { readSmall } from '../sys/small-file.ts'

/** What proc_pid_stat(5) tells of a process. */
export interface Member {
  pid: number
  ppid: number
  state: string
  pgrp: number
  session: number
  /** Device number of the terminal, or 0. */
  tty: number
  /** CPU time of the children that it has waited for, in clock ticks. */
  childTicks: number
  /** When it was started: a pid may be used again. */
  start: string
}

/** A pid is given a little before its process shows in /proc: the list is read again so many times, and now and then. */
const [sure, often] = [3, 16]

export class Members {
  /** True when init is pid 1: all in its namespace are its own, and nobody else is. */
  readonly #ownPids: boolean
  #known: { born: string; pids: number[]; looks: number } = { born: '', pids: [], looks: 0 }

  constructor(ownPids: boolean) {
    this.#ownPids = ownPids
  }

  /** @throws NsboxError when /proc shows the processes of another pid namespace */
  check(): void {
    if (!this.#ownPids || isOwnProc(getpid())) return
    throw new NsboxError('/proc does not show the processes of the sandbox, and so they cannot be measured', {
      code: 'ERR_NSBOX_NOT_IN_FORCE',
      stage: 'seal',
    })
  }

  /** Parents before their children; with those that have ended and are not waited for yet, and some that are gone. */
  pids(): readonly number[] {
    if (!this.#ownPids) return descendants(getpid())
    // The last number of proc_loadavg(5) is the pid that was given last in this namespace: while it stays nobody is new.
    const born = readSmall('/proc/loadavg').split(' ')[4] ?? ''
    const looks = born === this.#known.born ? this.#known.looks + 1 : 0
    this.#known = { born, pids: looks % often < sure ? allPids() : this.#known.pids, looks }
    return this.#known.pids
  }

  /** Parents before their children, read the other way round: who ends meanwhile is read himself, or is in what his parent has of him. */
  read(): Member[] {
    const read = this.pids()
      .toReversed()
      .map((pid) => parseStat(pid, readSmall(`/proc/${pid}/stat`)) ?? [])
    return read.toReversed().flat()
  }

  /** Reaches everybody, those too that are born meanwhile. */
  signalAll(signal: NodeJS.Signals): void {
    // kill(2) goes through all processes in one go, which no fork(2) interrupts.
    if (this.#ownPids) return signalOne(-1, signal)
    const told = new Set<number>()
    for (let news = this.pids(); news.length > 0; news = this.pids().filter((pid) => !told.has(pid))) {
      for (const pid of news) {
        told.add(pid)
        signalOne(pid, signal)
      }
    }
  }
}

/** One that has ended meanwhile, or is out of reach, is no error. */
export function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    sendSignal(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error
  }
}

/** All but init, as they were born: pids are given one after the other, until they begin anew at pid_max (proc_sys_kernel(5)). */
function allPids(): number[] {
  const pids = readdirSync('/proc').map(Number)
  return pids.filter((pid) => pid > 1).sort((a, b) => a - b)
}

/** The name may hold anything, spaces and parentheses too; what follows is fields. */
export function parseStat(pid: number, text: string): Member | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  if (fields.length < 20) return undefined
  const number = (index: number) => Number(fields[index])
  return {
    pid,
    state: fields[0] as string,
    ppid: number(1),
    pgrp: number(2),
    session: number(3),
    tty: number(4),
    childTicks: number(13) + number(14),
    start: fields[19] as string,
  }
}
