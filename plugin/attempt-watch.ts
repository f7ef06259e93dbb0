// One attempt of a campaign as the pool sees it: what it turns, and what became of its worker.

import { readFileSync } from 'node:fs'
import { NsboxError } from '../src/errors.ts'
import { describeCap } from '../src/launch/describe-cap.ts'
import type { LimitUsage } from '../src/launch/sandbox-limits.ts'
import type { HeldLimits } from '../src/plan/limit-plan.ts'
import { type LimitedUsage, limitedUsage } from '../src/run/usage.ts'
import type { AttemptOrder, AttemptResult, AttemptUsage, CampaignSetting, HeldKnobs } from '../src/stress/attempt.ts'
import type { Knobs, MissingKnob } from '../src/stress/knobs.ts'
import { heldNetworkKnobs } from '../src/stress/network-knobs.ts'
import { pulses } from '../src/stress/pulses.ts'
import { descendants } from '../src/sys/descendants.ts'
import type { FileSettings } from './file-options.ts'
import { capsOf } from './file-report.ts'
import { withoutMissing } from './missing-knobs.ts'
import { asTwin, insideTwin, overridden, type Twin } from './overrides.ts'
import { PulseDriver } from './pulse-driver.ts'
import { isCollected } from './task-updates.ts'
import type { RunningTest } from './test-watch.ts'
import type { WorkerEnd, WorkerSandbox } from './workers.ts'

/** Of what a worker prints, in bytes. */
const outputKept = 64 * 1024
/** A sandbox that is to be killed may take this long to say what it has used, in milliseconds. */
const patience = 1000

export class AttemptWatch {
  /** Those that are turned. */
  readonly knobs: Knobs
  readonly notTurned: MissingKnob[] = []
  /** The test that runs, or ran when its worker ended. */
  running: RunningTest = null
  readonly #seal: CampaignSetting['seal']
  readonly #twin: Twin | undefined
  readonly #timeoutMs: number
  #timer: NodeJS.Timeout | undefined
  #isAbandoned = false
  readonly #output: Buffer[] = []
  #outputLength = 0
  #worker: WorkerSandbox | undefined
  #beganMs = 0
  #wallMs = 0
  #pulses: PulseDriver | undefined
  /** Why it could not be stopped any more, though it ran to its end. */
  #notFrozen: MissingKnob | undefined
  #left: Promise<void> | undefined
  /** Before they were lifted. */
  #heldLimits: HeldLimits | undefined
  readonly #accounted = Promise.withResolvers<void>()
  #used: LimitedUsage | undefined
  #peak: number | null = null
  /** What ended it, in words. */
  #fatal: AttemptResult['caps'][number] | undefined

  /** `missing` are knobs that cannot be turned here. @throws NsboxError for the first of them, when the seal is `require` */
  constructor(
    { knobs, timeoutMs }: Pick<AttemptOrder, 'knobs' | 'timeoutMs'>,
    seal: CampaignSetting['seal'],
    missing: readonly MissingKnob[],
    twin?: Twin,
  ) {
    this.#seal = seal
    this.#twin = twin
    this.miss(missing)
    this.knobs = withoutMissing(knobs, missing)
    this.#timeoutMs = timeoutMs
  }

  /** For its worker. */
  get inside(): Knobs {
    return this.#twin ? insideTwin(this.knobs, this.#twin) : this.knobs
  }

  /** What its file has, and what is turned of that. */
  turns(settings: FileSettings): FileSettings {
    const turned = overridden(settings, this.knobs)
    return this.#twin ? asTwin(turned, this.#twin) : turned
  }

  /** Its file is about to run. @throws NsboxError for a knob that could not be turned inside, when the seal is `require` */
  async began(worker: WorkerSandbox, missing: readonly MissingKnob[]): Promise<void> {
    this.#worker = worker
    this.miss(missing)
    if (this.#isAbandoned) worker.sandbox.kill()
    await this.#twin?.together()
    this.#beganMs = performance.now()
    const { freeze, seed = 0 } = this.inside
    if (freeze !== undefined) this.#pulses = new PulseDriver(worker.limits, pulses(freeze, seed))
    this.#timer = setTimeout(() => void this.#killLate(worker), this.#timeoutMs)
  }

  seeTest(test: RunningTest): void {
    this.running = test
  }

  /** From when its tests are known, so that each meets the same pulses with the same seed. */
  see(vitest: unknown): void {
    if (isCollected(vitest)) this.#pulses?.begin()
  }

  /** @throws NsboxError when the seal is `require` */
  miss(missing: readonly MissingKnob[]): void {
    const [first] = missing
    if (first && this.#seal === 'require') throw notTurnable(first)
    this.notTurned.push(...missing)
  }

  say(chunk: Buffer): void {
    this.#output.push(chunk)
    this.#outputLength += chunk.length
    while (this.#outputLength - (this.#output[0]?.length ?? 0) >= outputKept) this.#outputLength -= this.#output.shift()?.length ?? 0
  }

  /** Its worker has done what it was asked for, and goes about leaving; again it changes nothing. */
  leaving(worker: WorkerSandbox): Promise<void> {
    this.#left ??= this.#leave(worker)
    return this.#left
  }

  /** Its worker has left, and still runs. */
  async ending(worker: WorkerSandbox): Promise<void> {
    await this.leaving(worker)
    clearTimeout(this.#timer)
    this.#accounted.resolve()
  }

  ended({ capHit, counted }: WorkerEnd): void {
    clearTimeout(this.#timer)
    this.#stop()
    this.#note(counted)
    if (capHit) this.#fatal ??= { limit: capHit.limit, words: describeCap(capHit), fatal: true }
    this.#accounted.resolve()
  }

  /**
   * When it is known what its worker has used, where there was one.
   * @throws NsboxError for a knob that was not turned all the time, when the seal is `require`
   */
  async settled(): Promise<void> {
    if (this.#worker) await this.#accounted.promise
    if (this.#notFrozen) this.miss([this.#notFrozen])
  }

  /** Nobody wants its result any more: vitest, which waits for its worker before it closes, gets to its end. */
  abandon(): void {
    this.#isAbandoned = true
    this.#worker?.sandbox.kill()
  }

  /** When vitest is done with it. */
  close(): void {
    clearTimeout(this.#timer)
    this.#stop()
  }

  /** What killed its worker, in words. */
  get killedBy(): string | undefined {
    return this.#fatal?.words
  }

  get caps(): AttemptResult['caps'] {
    const others = (this.#used ? capsOf(this.#used) : []).filter(({ limit }) => limit !== this.#fatal?.limit)
    return [...(this.#fatal ? [this.#fatal] : []), ...others.map((cap) => ({ ...cap, fatal: false }))]
  }

  get held(): HeldKnobs {
    return { ...(this.#heldLimits ?? this.#worker?.limits.held), ...heldNetworkKnobs(this.knobs, this.#worker?.sandbox) }
  }

  get usage(): AttemptUsage {
    const { cpuMs = 0, throttledMs = null, memoryPeakBytes = null } = this.#used ?? {}
    return { wallMs: this.#wallMs, cpuMs, throttledMs, memoryPeakBytes: memoryPeakBytes ?? this.#peak }
  }

  get output(): string {
    return Buffer.concat(this.#output).subarray(-outputKept).toString()
  }

  async #killLate(worker: WorkerSandbox): Promise<void> {
    const words = `killed after ${seconds(this.#timeoutMs)}`
    this.#fatal = { limit: 'time', words, fatal: true }
    this.#stop()
    await this.#account(worker)
    const { wallMs, cpuMs } = this.usage
    this.#fatal.words = `${words} (${seconds(wallMs)} wall, ${seconds(cpuMs)} CPU)`
    worker.sandbox.kill()
  }

  async #leave(worker: WorkerSandbox): Promise<void> {
    this.#stop()
    await this.#pulses?.end().catch(({ message: why }) => (this.#notFrozen = { knob: 'freeze', why }))
    await this.#account(worker)
    this.#heldLimits = { ...worker.limits.held }
    // No test is left for it to hold back, and whoever waits for the next would wait for this one.
    if (this.#heldLimits.cpu !== undefined) await worker.limits.set({ cpu: null }).catch(() => undefined)
  }

  #stop(): void {
    this.#pulses?.end().catch(() => undefined)
    this.#wallMs ||= performance.now() - this.#beganMs
  }

  async #account(worker: WorkerSandbox): Promise<void> {
    this.#peak = peakOf(worker.sandbox.pid) ?? this.#peak
    this.#note(await usageOf(worker))
  }

  #note(counted: LimitUsage | undefined): void {
    if (counted) this.#used = limitedUsage(counted)
  }
}

export function notTurnable({ knob, why }: MissingKnob): NsboxError {
  return new NsboxError(`The knob ${knob} cannot be turned here: ${why}`, {
    code: 'ERR_NSBOX_LIMIT',
    stage: 'launch',
    hint: '`--prefer` does without the knobs that this machine cannot turn, and says which.',
  })
}

/** Undefined where it does not answer. */
async function usageOf({ limits }: WorkerSandbox): Promise<LimitUsage | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, patience, undefined)))
  const usage = limits.usage().catch(() => undefined)
  return Promise.race([usage, late]).finally(() => clearTimeout(timer))
}

/**
 * Where nobody counts: of all processes that still run but init, the share that each has of its memory (Pss), and what it has given
 * back since its peak. Caps count shares too: most pages of a fork are its zygote's.
 */
function peakOf(init: number | undefined): number | null {
  if (init === undefined) return null
  try {
    return descendants(init).reduce((sum, pid) => sum + sharePeak(pid), 0) || null
  } catch {
    return null // gone meanwhile, or a kernel without proc_pid_task_children(5)
  }
}

/** Zombies have none of it. */
function sharePeak(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const [peak, now] = [bytesOf('VmHWM', status), bytesOf('VmRSS', status)]
  return peak === 0 ? 0 : bytesOf('Pss', readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) + peak - now
}

function bytesOf(name: string, lines: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(lines)?.[1] ?? 0) * 1024
}

/** `30 s`, `0.4 s`. */
function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(1))} s`
}
