// The limits of one worker, file after file, and what its files and tests have used of them.

import { NsboxError } from '../src/errors.ts'
import { timeWords } from '../src/launch/describe-cap.ts'
import type { SandboxLimits } from '../src/launch/sandbox-limits.ts'
import type { HeldLimits } from '../src/plan/limit-plan.ts'
import type { Limits } from '../src/plan/limits.ts'
import { type LimitedUsage, limitedUsage } from '../src/run/usage.ts'
import type { NotEnforced } from '../src/wire/protocol.ts'
import { limitsBetween } from './file-options.ts'
import { addToMeta, addToTimeout, endsFile, queuedFile, type TaskUpdate, taskUpdate, timeouts } from './task-updates.ts'

/** What reporters find in the `meta.nsbox` of a file. Memory is the worker's, and so of all its files until then. */
export interface FileUsage extends LimitedUsage {
  /** How each limit was held. */
  limits: HeldLimits
}

/** When, in milliseconds, and what had been used until then. */
interface Reading {
  at: number
  usage: Promise<LimitedUsage | undefined>
}

/** Tests that follow each other this fast share a reading, in milliseconds. */
const shared = 20

export class WorkerLimits {
  readonly #limits: SandboxLimits
  readonly #of: (file: string) => Limits
  readonly #report: (missing: readonly NotEnforced[]) => void
  #now: Limits = {}
  #file: string | undefined
  /** What vitest calls the file. */
  #fileId: string | undefined
  #fileBegan: Reading | undefined
  #newest: Reading | undefined
  readonly #testsBegan = new Map<string, Reading>()
  #test: string | undefined

  /** `of` answers which limits a file has, `report` is told of those that are not in force. */
  constructor(limits: SandboxLimits, of: (file: string) => Limits, report: (missing: readonly NotEnforced[]) => void) {
    this.#limits = limits
    this.#of = of
    this.#report = report
  }

  /** Before the file begins; again it changes nothing. @throws NsboxError ERR_NSBOX_LIMIT when the seal is `require` */
  async begin(file: string): Promise<void> {
    if (file === this.#file) return
    this.#file = file
    const next = this.#of(file)
    const change = limitsBetween(this.#now, next)
    for (const name of ['io', 'hugetlb'] as const) if (name in change && this.#now[name]) throw stuck(name)
    this.#now = next
    if (Object.keys(change).length > 0) await this.#limits.set(change)
    this.#report(this.#limits.notEnforced)
    this.#fileBegan = this.#read()
  }

  /** What is to be done before vitest has the message; undefined for nothing. Rejects as {@link begin} does. */
  see(message: unknown): Promise<void> | undefined {
    const file = queuedFile(message)
    if (file) {
      this.#fileId = file.id
      return file.filepath === this.#file ? undefined : this.begin(file.filepath)
    }
    const update = taskUpdate(message)
    return update && this.#account(update)
  }

  seeTest(id: string | undefined): void {
    this.#test = id
    if (id !== undefined && this.#now.cpu) this.#testsBegan.set(id, this.#recent())
  }

  /** Of the test that runs: `5.8 s wall, 0.4 s CPU, throttled 4.9 s`. Undefined when it was not held back. */
  async held(): Promise<string | undefined> {
    const began = this.#test === undefined ? this.#fileBegan : this.#testsBegan.get(this.#test)
    return began && this.#words(began)
  }

  #account(update: TaskUpdate): Promise<void> | undefined {
    const { packs, events } = update
    const work: Promise<void>[] = []
    for (const [id, result] of packs) {
      const began = this.#testsBegan.get(id)
      const late = began ? timeouts(result) : []
      if (began && late.length > 0) work.push(this.#explain(late, began))
    }
    for (const [id, event] of events) if (event === 'test-finished') this.#testsBegan.delete(id)
    if (endsFile(update, this.#fileId)) work.push(this.#tell(update))
    return work.length > 0 ? Promise.all(work).then(() => undefined) : undefined
  }

  async #explain(late: ReturnType<typeof timeouts>, began: Reading): Promise<void> {
    const words = await this.#words(began)
    if (words !== undefined) for (const error of late) addToTimeout(error, words)
  }

  async #tell(update: TaskUpdate): Promise<void> {
    const [before, after] = await Promise.all([this.#fileBegan?.usage, this.#read().usage])
    if (!before || !after) return
    const usage: FileUsage = { ...usedBetween(before, after), limits: { ...this.#limits.held } }
    addToMeta(update, this.#fileId, usage)
  }

  async #words(began: Reading): Promise<string | undefined> {
    const now = this.#read()
    const [before, after] = await Promise.all([began.usage, now.usage])
    if (!before || !after) return undefined
    const used = usedBetween(before, after)
    return used.throttledMs ? timeWords(now.at - began.at, used) : undefined
  }

  #recent(): Reading {
    if (!this.#newest || Date.now() - this.#newest.at > shared) this.#newest = this.#read()
    return this.#newest
  }

  #read(): Reading {
    const usage = this.#limits.usage().then(limitedUsage)
    // A sandbox that has ended is told of elsewhere.
    return { at: Date.now(), usage: usage.catch(() => undefined) }
  }
}

/** The kernel takes these for one device, or size of pages, at a time, and nothing lifts them all. */
function stuck(name: 'io' | 'hugetlb'): NsboxError {
  return new NsboxError(`${name} cannot be changed from one file to the next in the same worker`, {
    code: 'ERR_NSBOX_LIMIT',
    stage: 'launch',
    hint: 'With isolate: true each file has a worker of its own.',
  })
}

/** Counts are those of the time between; the most of something is what it has become. */
function usedBetween(before: LimitedUsage, after: LimitedUsage): LimitedUsage {
  const less = (name: 'throttledMs' | 'periods' | 'throttledPeriods' | 'pidsRefused' | 'oomKills') =>
    after[name] === null ? null : after[name] - (before[name] ?? 0)
  return {
    ...after,
    cpuMs: after.cpuMs - before.cpuMs,
    throttledMs: less('throttledMs'),
    periods: less('periods'),
    throttledPeriods: less('throttledPeriods'),
    pidsRefused: less('pidsRefused'),
    oomKills: less('oomKills'),
  }
}
