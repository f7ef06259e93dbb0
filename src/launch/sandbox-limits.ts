// The limits of one sandbox: set before it is born, changed while it runs, accounted at its end.

import type { Base } from '../cgroup/base.ts'
import type { Leaf } from '../cgroup/leaf.ts'
import type { CgroupUsage } from '../cgroup/usage.ts'
import { errorToData, NsboxError } from '../errors.ts'
import { type HeldLimits, type LimitMeans, limitPlan, type MissingLimit } from '../plan/limit-plan.ts'
import type { EmulatedChange, EmulatedLimits, LimitName, Limits, LimitsChange } from '../plan/limits.ts'
import type { Seal } from '../plan/plan.ts'
import type { EmulatedUsage, NotEnforced, SandboxEnd } from '../wire/protocol.ts'
import type { InitControl } from './init-control.ts'

/** What was counted while limits were held: by the kernel, or by the sandbox's init. */
export type LimitUsage = { by: 'cgroup'; usage: CgroupUsage } | { by: 'init'; usage: EmulatedUsage }

/** A cap that ended the sandbox. */
export interface CapHit {
  limit: 'memory'
  /** Bytes. */
  cap: number
  /** Most that was in use, or the first that was seen to be too much, in bytes. */
  peak: number
}

export class SandboxLimits {
  /** How each limit is held, in words. */
  readonly held: HeldLimits = {}
  readonly notEnforced: NotEnforced[] = []
  /** Somebody asked for its end. */
  wasKilled = false
  readonly #changed: LimitsChange = {}
  #isFrozen = false
  readonly #means: LimitMeans
  readonly #seal: Seal
  readonly #base: Base | undefined
  readonly #leaf: Leaf | undefined
  #now: LimitsChange = {}
  #control: InitControl | null = null

  constructor(means: LimitMeans, seal: Seal, base: Base | undefined) {
    this.#means = means
    this.#seal = seal
    this.#base = base
    this.#leaf = base?.leaf()
  }

  /** Of a sandbox that was launched without any; what is asked for later its init has to see to. */
  static none(seal: Seal): SandboxLimits {
    return new SandboxLimits({ controllers: [], why: 'it was started without one', emulation: true }, seal, undefined)
  }

  /** Directory of the cgroup to be born in. */
  get cgroup(): number | undefined {
    return this.#leaf?.fd
  }

  /**
   * Before the sandbox is born. Answers what its init has to see to.
   * @throws NsboxError ERR_NSBOX_LIMIT for one that cannot be held, when the seal is `require`
   */
  begin(limits: Limits): EmulatedLimits {
    return this.#set(limits) as EmulatedLimits
  }

  attach(control: InitControl | null): void {
    this.#control = control
  }

  /** Changes limits of the running sandbox. @throws NsboxError as {@link begin} */
  async set(change: LimitsChange): Promise<void> {
    const emulated = this.#set(change)
    Object.assign(this.#changed, change)
    if (Object.keys(emulated).length === 0) return
    const notEnforced = await this.#init().setLimits(emulated)
    for (const { error } of notEnforced) if (this.#seal === 'require') throw new NsboxError(error.message, error)
    for (const { protection } of notEnforced) delete this.held[protection as LimitName]
    this.notEnforced.push(...notEnforced)
  }

  /** Stops every process, until {@link thaw}. */
  async freeze(): Promise<void> {
    await (this.#leaf ?? this.#init()).freeze()
    this.#isFrozen = true
  }

  async thaw(): Promise<void> {
    await (this.#leaf ?? this.#init()).thaw()
    this.#isFrozen = false
  }

  /** Applies what callers changed in the attempt that this one replaces: limits, and whether it is frozen. A kill is the caller's to repeat. */
  async continueFrom(before: SandboxLimits): Promise<void> {
    await this.set(before.#changed)
    if (before.#isFrozen) await this.freeze()
  }

  /** Of all processes, those of a frozen sandbox too. What has no cgroup is its launcher's to kill. */
  kill(): void {
    this.wasKilled = true
    this.#leaf?.kill()
  }

  /** While it runs. */
  async usage(): Promise<LimitUsage> {
    return this.#leaf ? { by: 'cgroup', usage: this.#leaf.usage() } : { by: 'init', usage: await this.#init().usage() }
  }

  /** Of a sandbox that has ended. No usage when nobody counted. */
  accountsOf({ emulated, hit }: SandboxEnd): { usage: LimitUsage | undefined; hit: CapHit | undefined } {
    const counted = this.#leaf?.usage()
    return {
      usage: counted ? { by: 'cgroup', usage: counted } : emulated && { by: 'init', usage: emulated },
      hit: hit ? { limit: hit.limit, cap: hit.cap, peak: hit.seen } : counted && this.#killedFor(counted),
    }
  }

  #killedFor({ oomKills, memoryPeak }: CgroupUsage): CapHit | undefined {
    const { memory } = this.#now
    return oomKills && memory ? { limit: 'memory', cap: memory, peak: memoryPeak ?? memory } : undefined
  }

  /** Once its accounts have been read. */
  async release(): Promise<void> {
    if (this.#leaf) await this.#base?.remove(this.#leaf)
  }

  #set(change: LimitsChange): EmulatedChange {
    const { writes, emulated, held, missing } = limitPlan(change, this.#means)
    if (emulated.cpu && !emulated.cpu.spread) emulated.cpu = { ...emulated.cpu, first: nextProcessors(emulated.cpu.share) }
    Object.assign(this.#now, change)
    for (const one of missing) this.#miss(one.limit, notHeld(one))
    for (const one of writes) {
      try {
        this.#leaf?.write(one)
      } catch (error) {
        this.#miss(one.limit, error as NsboxError)
        delete held[one.limit]
      }
    }
    Object.assign(this.held, held)
    for (const [limit, value] of Object.entries(change)) if (value === null) delete this.held[limit as LimitName]
    return emulated
  }

  #miss(limit: LimitName, error: NsboxError): void {
    if (this.#seal === 'require') throw error
    this.notEnforced.push({ protection: limit, error: errorToData(error) })
  }

  #init(): InitControl {
    if (this.#control) return this.#control
    throw new NsboxError('The sandbox does not run', { code: 'ERR_NSBOX_ENDED', stage: 'launch' })
  }
}

let processors = Math.floor(Math.random() * 1024)

/** Sandboxes that run side by side are to spread over the processors. */
function nextProcessors(share: number): number {
  processors += Math.ceil(share)
  return processors
}

export function notHeld({ limit, why }: MissingLimit): NsboxError {
  return new NsboxError(`${limit} cannot be limited here: ${why}`, {
    code: 'ERR_NSBOX_LIMIT',
    stage: 'launch',
    hint: "`nsbox doctor` says what is missing; seal: 'prefer' runs without this limit.",
  })
}
