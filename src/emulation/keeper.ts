// What init does for the limits of its sandbox, between the ends of children.

import { errorToData } from '../errors.ts'
import type { EmulatedChange, EmulatedLimits } from '../plan/limits.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { close } from '../sys/descriptor.ts'
import type { EmulatedHit, EmulatedUsage, InitAnswer, InitOrder, NotEnforced } from '../wire/protocol.ts'
import { CpuCap } from './cpu-cap.ts'
import { CpuTime } from './cpu-time.ts'
import { wrong } from './failure.ts'
import { Inherited } from './inherited.ts'
import { Members } from './members.ts'
import { Memory } from './memory.ts'
import { MemoryCap } from './memory-cap.ts'
import { Orders } from './orders.ts'
import { type Shown, ShownLimits } from './shown-limits.ts'
import { Stopping } from './stopping.ts'
import { OwnTmpfs } from './tmpfs.ts'
import { UnmappedMemory } from './unmapped.ts'

const millisecond = 1e6
/** How often those that are frozen are told again, in nanoseconds. */
const frozenLook = 10 * millisecond
/** In nanoseconds. */
const moveAfter = 1000 * millisecond
/** Looks in a row that may fail, and the milliseconds between them: without any, limits are held no more, and the sandbox ends. */
const [patience, failedLook] = [100, 10]

/** Which namespaces are the sandbox's own. */
export interface KeeperOptions {
  ownPids: boolean
  ownUsers: boolean
  ownIpc: boolean
  /** Socket for orders. */
  control: number | undefined
  /** Handle to the directory of files that tell programs their limits. */
  limitFiles: number | undefined
}

export class Keeper {
  readonly #plan: SandboxPlan
  readonly #members: Members
  readonly #stopping: Stopping
  readonly #ownUsers: boolean
  readonly #ownIpc: boolean
  readonly #orders: Orders
  readonly #files: ShownLimits
  /** Limits in force that programs can look up. */
  #shown: Shown = {}
  /** Those that they had no way to see. */
  readonly #unseen = new Set<keyof Shown>()
  readonly #cpuTime = new CpuTime()
  #inherited: Inherited | undefined
  #isBorn = false
  #tmpfs: OwnTmpfs | undefined
  #unmapped: UnmappedMemory | undefined
  #cpu: CpuCap | undefined
  /** When processors were last thought about, and what had been used until then, in nanoseconds. */
  #moved = { now: 0, total: 0, throttled: 0 }
  #memory: { cap: MemoryCap; look: Memory } | undefined
  #frozen = false
  /** When to look again, in nanoseconds of the monotonic clock. */
  readonly #due = { cpu: Infinity, memory: Infinity, frozen: Infinity }
  /** Of caps that were replaced. */
  readonly #past = { periods: 0, throttledPeriods: 0, throttled: 0 }
  #peak = 0
  #failures = 0
  #hit: EmulatedHit | undefined

  constructor(plan: SandboxPlan, { ownPids, ownUsers, ownIpc, control, limitFiles }: KeeperOptions) {
    this.#plan = plan
    this.#members = new Members(ownPids)
    this.#stopping = new Stopping(this.#members)
    this.#ownUsers = ownUsers
    this.#ownIpc = ownIpc
    this.#orders = new Orders(control)
    this.#files = new ShownLimits(limitFiles)
  }

  /** Before the payload is born. @throws NsboxError of a limit that is not in force, when the plan says `require` */
  begin(limits: EmulatedLimits): NotEnforced[] {
    return this.#enforce(limits)
  }

  /** The payload is there. */
  born(): void {
    this.#isBorn = true
    this.#inherited?.born()
  }

  /** In the payload: what is init's alone. */
  leave(): void {
    this.#tmpfs?.close()
    this.#files.close()
    if (this.#orders.fd !== undefined) close(this.#orders.fd)
  }

  /** Readable when there is an order. */
  get control(): number | undefined {
    return this.#orders.fd
  }

  obey(): void {
    this.#orders.receive((order) => {
      try {
        return { id: order.id, ...this.#answer(order) }
      } catch (error) {
        return { id: order.id, error: errorToData(error) }
      }
    })
  }

  /** Does what is due, and answers after how many milliseconds it is to be called again; -1 is never. */
  look(): number {
    try {
      this.#lookAtAll(monotonic())
      this.#failures = 0
    } catch (error) {
      // Such as no free descriptor on the whole machine: it may pass.
      if (++this.#failures === patience) throw error
      return failedLook
    }
    const next = Math.min(...Object.values(this.#due))
    return next === Infinity ? -1 : Math.max(0, Math.ceil((next - monotonic()) / millisecond))
  }

  #lookAtAll(now: number): void {
    if (now >= this.#due.cpu) this.#lookAtCpu(now)
    if (now >= this.#due.memory) this.#lookAtMemory(now)
    if (now >= this.#due.frozen) this.#tellFrozen(now)
  }

  /** Whether a stop that waitpid(2) tells of is ours. */
  hasStopped(pid: number, signal: number): boolean {
    return this.#stopping.isOurs(pid, signal)
  }

  /** When all is over. */
  report(): { emulated: EmulatedUsage; hit?: EmulatedHit; unseen?: string[] } {
    this.#cpuTime.update([])
    return {
      emulated: this.#usage(),
      ...(this.#hit && { hit: this.#hit }),
      ...(this.#unseen.size > 0 && { unseen: [...this.#unseen] }),
    }
  }

  #answer(order: InitOrder): Omit<InitAnswer, 'id'> {
    switch (order.do) {
      case 'set-limits':
        return { notEnforced: this.#enforce(order.limits) }
      case 'freeze':
        this.#frozen = true
        this.#due.frozen = monotonic() + frozenLook
        if (!this.#stopping.stopped) this.#stopAll()
        this.#stopping.settle()
        return {}
      case 'thaw':
        this.#frozen = false
        this.#due.frozen = Infinity
        this.#goOn()
        return {}
      case 'usage':
        this.#cpuTime.update(this.#members.read())
        return { usage: this.#usage() }
    }
  }

  #usage(): EmulatedUsage {
    const { periods, throttledPeriods, throttled } = this.#counts()
    return {
      cpuMicros: Math.round(this.#cpuTime.total / 1000),
      throttledMicros: Math.round(throttled / 1000),
      periods,
      throttledPeriods,
      ...(this.#peak > 0 && { memoryPeak: this.#peak }),
    }
  }

  #counts(): { periods: number; throttledPeriods: number; throttled: number } {
    const [past, now] = [this.#past, this.#cpu?.counts]
    return {
      periods: past.periods + (now?.periods ?? 0),
      throttledPeriods: past.throttledPeriods + (now?.throttledPeriods ?? 0),
      throttled: past.throttled + (now?.throttled ?? 0),
    }
  }

  /** All that can be had, whatever cannot. */
  #enforce(change: EmulatedChange): NotEnforced[] {
    const failures: unknown[] = []
    const notEnforced: NotEnforced[] = []
    for (const [protection, enforce] of this.#enforcing(change)) {
      try {
        this.#members.check()
        enforce()
      } catch (error) {
        failures.push(error)
        notEnforced.push({ protection, error: errorToData(error) })
      }
    }
    this.#show(change, notEnforced)
    if (this.#plan.seal === 'require' && failures.length > 0) throw failures[0]
    return notEnforced
  }

  /** What is in force, for programs to look up. CPU time shows in how many processors there are, too. */
  #show({ cpu, memory, pids }: EmulatedChange, notEnforced: readonly NotEnforced[]): void {
    const given = Object.entries({ cpu, memory, pids }).filter(
      ([name, value]) => value !== undefined && !notEnforced.some(({ protection }) => protection === name),
    )
    if (given.length === 0) return
    const all = { ...this.#shown, ...Object.fromEntries(given) }
    this.#shown = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))
    if (!this.#files.show(this.#shown) && memory) this.#unseen.add('memory')
  }

  #enforcing({ cpus, cpuWeight, pids, cpu, memory }: EmulatedChange): [protection: string, enforce: () => void][] {
    const all: [protection: string, enforce: (() => void) | undefined][] = [
      ['cpus', cpus === undefined ? undefined : () => this.#whileStill(() => this.#inheritance.cpus(cpus))],
      ['cpuWeight', cpuWeight === undefined ? undefined : () => this.#whileStill(() => this.#inheritance.cpuWeight(cpuWeight))],
      ['pids', pids === undefined ? undefined : () => this.#whileStill(() => this.#inheritance.pids(pids))],
      ['cpu', cpu === undefined ? undefined : () => this.#capCpu(cpu)],
      ['memory', memory === undefined ? undefined : () => this.#capMemory(memory)],
    ]
    return all.flatMap(([protection, enforce]) => (enforce ? [[protection, enforce] as [string, () => void]] : []))
  }

  /** Who is born meanwhile would have the limits that its parent had. */
  #whileStill(set: () => void): void {
    if (!this.#stopping.stopped) this.#stopAll()
    this.#stopping.settle()
    try {
      set()
    } finally {
      this.#goOn()
    }
  }

  #stopAll(): void {
    const members = this.#members.read()
    if (members.length > 0) this.#stopping.stop(members)
  }

  get #inheritance(): Inherited {
    if (!this.#inherited) {
      this.#inherited = new Inherited(this.#members, this.#ownUsers)
      if (this.#isBorn) this.#inherited.born()
    }
    return this.#inherited
  }

  #capCpu(limit: EmulatedLimits['cpu'] | null): void {
    if (limit && !(limit.share > 0 && limit.periodMs >= 1))
      throw wrong(`cpu is ${limit.share} of ${limit.periodMs} ms: the share must be more than 0, and a period at least 1 ms`)
    Object.assign(this.#past, this.#counts())
    const now = monotonic()
    const total = this.#cpuTime.update(this.#members.read())
    if (limit?.first !== undefined) this.#inheritance.share(limit.share, limit.first)
    else this.#inheritance.share(null, 0)
    this.#cpu = limit ? new CpuCap(limit, this.#inheritance.busy, now, total) : undefined
    this.#moved = { now, total, throttled: 0 }
    this.#due.cpu = limit ? now : Infinity
    this.#goOn()
  }

  /** Where so much time has passed without the cap's being reached, though something ran, the processors may have too much to do. */
  #moveIfCrowded(cap: CpuCap, now: number): void {
    if (now - this.#moved.now < moveAfter) return
    const [{ total }, { throttled }] = [this.#cpuTime, cap.counts]
    const isCrowded = throttled === this.#moved.throttled && total - this.#moved.total > moveAfter / 20
    this.#moved = { now, total, throttled }
    if (isCrowded) this.#inheritance.move()
  }

  #capMemory(cap: number | null): void {
    if (cap !== null && !(cap > 0)) throw wrong(`memory is ${cap}: it must be more than 0 bytes`)
    if (cap === null) this.#memory = undefined
    else {
      this.#tmpfs ??= new OwnTmpfs(this.#plan)
      this.#unmapped ??= new UnmappedMemory(this.#ownIpc)
      this.#memory = { cap: new MemoryCap(cap, this.#inheritance.busy), look: new Memory(this.#tmpfs, this.#unmapped) }
    }
    this.#due.memory = cap === null ? Infinity : 0
  }

  #lookAtCpu(now: number): void {
    const cap = this.#cpu
    if (!cap) return
    if (this.#stopping.stopped && now < cap.stoppedUntil) this.#stopping.again()
    else {
      const members = this.#members.read()
      cap.charge(this.#cpuTime.update(members), now)
      if (cap.exhausted && !this.#stopping.stopped) this.#stopping.stop(members)
      if (!cap.exhausted) this.#goOn(members)
      this.#moveIfCrowded(cap, now)
    }
    this.#due.cpu = now + cap.next(now)
  }

  #lookAtMemory(now: number): void {
    if (!this.#memory) return
    const { cap, look } = this.#memory
    const { bytes, atMost } = look.look(this.#members.pids(), cap.cap)
    if (!atMost) this.#peak = Math.max(this.#peak, bytes)
    const after = monotonic()
    if (cap.seen(bytes, after, after - now)) {
      this.#members.signalAll('SIGKILL')
      this.#hit = { limit: 'memory', cap: cap.cap, seen: bytes }
      this.#due.cpu = this.#due.memory = this.#due.frozen = Infinity
      return
    }
    this.#due.memory = after + cap.next
  }

  #tellFrozen(now: number): void {
    this.#stopping.again()
    this.#due.frozen = now + frozenLook
  }

  /** Unless there is a reason left to stand still. */
  #goOn(members: ReturnType<Members['read']> = this.#members.read()): void {
    if (this.#stopping.stopped && !this.#frozen && !this.#cpu?.exhausted) this.#stopping.go(members)
  }
}

function monotonic(): number {
  return Number(process.hrtime.bigint())
}
