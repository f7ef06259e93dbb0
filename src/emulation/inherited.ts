// Limits that the kernel holds for each process and hands on to its children: set on init before there are any.

import { readFileSync } from 'node:fs'
import type { ErrorData } from '../errors.ts'
import { tasksOf } from '../sys/descendants.ts'
import { allowedCpus, niceness, resourceLimit, setAllowedCpus, setNiceness, setResourceLimit, unlimited } from '../sys/limits.ts'
import { exitNow, fork, waitpid } from '../sys/process.ts'
import { notHeld, wrong } from './failure.ts'
import type { Members } from './members.ts'

/** A node has about ten threads, and with fewer it waits for ever for those that it could not start. */
const fewest = 16
/** Each step of niceness takes a fifth off (sched(7)). */
const step = 1.25
const [usual, nicest] = [100, 19]

export class Inherited {
  readonly #members: Members
  readonly #ownUsers: boolean
  /** As they were when init began. */
  readonly #niceness: number = niceness()
  readonly #cpus: number[] = allowedCpus()
  #processors: Processors = { allowed: this.#cpus, most: Infinity, first: 0 }
  /** Init runs where it may, once the payload has what it inherits. */
  #isBorn = false
  #pidsHeld = false

  constructor(members: Members, ownUsers: boolean) {
    this.#members = members
    this.#ownUsers = ownUsers
  }

  /** Processes and threads. @throws NsboxError when it is not in force */
  pids(limit: number | null): void {
    if (limit === null && !this.#pidsHeld) return
    if (limit !== null && (!Number.isInteger(limit) || limit < fewest))
      throw wrong(`pids is ${limit}: it must be a whole number, and at least ${fewest}, which one node needs for its threads`)
    if (!this.#ownUsers) throw notHeld('pids', 'the sandbox shares the user namespace, in which all processes of the user count')
    const [, now] = resourceLimit('nproc')
    // Init itself counts (user_namespaces(7)).
    const asked = limit === null ? undefined : BigInt(limit) + 1n
    if (asked === undefined || asked > now)
      throw notHeld(
        'pids',
        `now it is ${now - 1n}, and a hard limit cannot be raised (getrlimit(2))`,
        'While a sandbox runs, pids can only be lowered. A cgroup can raise it.',
      )
    if (!this.#pidsHeld) requireBound()
    this.#onAll((pid) => setResourceLimit('nproc', Number(asked), Number(asked), pid))
    this.#pidsHeld = true
  }

  /** Processors. A process may choose others again (sched_setaffinity(2)). @throws NsboxError when it is not in force */
  cpus(cpus: readonly number[] | null): void {
    this.#processors = { ...this.#processors, allowed: cpus ?? this.#cpus }
    if (this.#isBorn) setAllowedCpus(this.#processors.allowed)
    this.#setProcessors()
  }

  /**
   * No more processors than a share of CPU time needs: that is how many programs see. `first` of them is where to begin, so that
   * sandboxes spread.
   */
  share(share: number | null, first: number): void {
    if (share === null && this.#processors.most === Infinity) return
    this.#processors = { ...this.#processors, most: share === null ? Infinity : Math.ceil(share), first }
    // Nobody stands still for it: who is born meanwhile is there the second time.
    for (let time = 0; time < 2; time++) this.#setProcessors()
  }

  /** How many can be busy at once. */
  get busy(): number {
    return chosen(this.#processors).length
  }

  /** Others than now, of those that are allowed: on these there may be too much to do. What a process has chosen itself stays. */
  move(): void {
    const [before, { allowed, most, first }] = [chosen(this.#processors), this.#processors]
    if (most >= allowed.length) return
    this.#processors = { allowed, most, first: first + 1 + Math.floor(Math.random() * (allowed.length - 1)) }
    const after = chosen(this.#processors)
    const moved = (tid: number) => {
      if (String(allowedCpus(tid)) === String(before)) setAllowedCpus(after, tid)
    }
    for (const tid of this.#members.pids().flatMap(tasksOf)) unlessGone(() => moved(tid))
  }

  /** The payload has inherited what it was to have. */
  born(): void {
    this.#isBorn = true
    setAllowedCpus(this.#processors.allowed)
  }

  #setProcessors(): void {
    this.#onAll((tid) => setAllowedCpus(chosen(this.#processors), tid), tasksOf, this.#isBorn)
  }

  /** As niceness, which counts among the processes of one session where autogroups are on (sched(7)). @throws NsboxError when it is not in force */
  cpuWeight(weight: number | null): void {
    if (weight !== null && weight > usual)
      throw notHeld('cpuWeight', `${weight} is above ${usual}, and only a privileged process may have a niceness below 0 (setpriority(2))`)
    const asked = weight === null ? this.#niceness : Math.min(nicest, Math.round(Math.log(usual / weight) / Math.log(step)))
    this.#onAll((tid) => setNiceness(Math.max(this.#niceness, asked), tid), tasksOf)
  }

  /** Init, for what is yet to be born, and all that is there, which stands still meanwhile. */
  #onAll(set: (pid: number) => void, of: (pid: number) => number[] = (pid) => [pid], withoutInit = false): void {
    if (!withoutInit) set(0)
    for (const id of this.#members.pids().flatMap(of)) unlessGone(() => set(id))
  }
}

interface Processors {
  allowed: readonly number[]
  /** How many of them. */
  most: number
  /** Where in the list to begin. */
  first: number
}

function chosen({ allowed, most, first }: Processors): readonly number[] {
  if (most >= allowed.length) return allowed
  const all = Array.from({ length: most }, (_, index) => allowed[(first + index) % allowed.length] as number)
  return all.sort((a, b) => a - b)
}

function unlessGone(set: () => void): void {
  try {
    set()
  } catch (error) {
    if ((error as Partial<ErrorData>).errno !== 'ESRCH') throw error
  }
}

/** RLIMIT_NPROC counts for each user id, and not for root of the machine, whatever it is inside. */
function requireBound(): void {
  if (!forkIsRefusedAtOnce()) throw notHeld('pids', 'the kernel sets root no limit of processes (getrlimit(2))')
  if (mappedIds() > 1) throw notHeld('pids', 'the sandbox has several user ids, and the kernel counts the processes of each')
}

function mappedIds(): number {
  const lines = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n')
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0)
}

/** The limit read back by trying: with one process, which is this one itself. */
function forkIsRefusedAtOnce(): boolean {
  const [soft, hard] = resourceLimit('nproc')
  const limit = (value: bigint) => (value === unlimited ? null : Number(value))
  setResourceLimit('nproc', 1, limit(hard))
  try {
    const pid = fork()
    if (pid === 0) exitNow(0)
    waitpid(pid, { block: true })
    return false
  } catch (error) {
    if ((error as Partial<ErrorData>).errno === 'EAGAIN') return true
    throw error
  } finally {
    setResourceLimit('nproc', limit(soft), limit(hard))
  }
}
