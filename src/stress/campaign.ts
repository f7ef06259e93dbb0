// A campaign from its baseline to its results: what is planned is made, stopped by what the caller set, and what failed is looked at
// again.

import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { configError } from '../errors.ts'
import { oneLine, quoted } from '../quoted.ts'
import type { AttemptOrder, CampaignSetting, Found, Target } from './attempt.ts'
import { brokenOf, type WhatIsLeft, withoutBroken } from './broken.ts'
import { clustersOf } from './clusters.ts'
import { hitsOf } from './follow-up.ts'
import { gridOf, type KnobValues } from './grid.ts'
import { type KnobName, knobNames, type MissingKnob } from './knobs.ts'
import { isOf, type Measured, measuredOf } from './measured.ts'
import type { Progress } from './output/progress.ts'
import { baselineRound, baselineShare, type Planned, type Shard, stepsOf, whole } from './plan.ts'
import { printRecipe } from './recipe.ts'
import { lookAgain } from './recipes.ts'
import type { AttemptMaker } from './repeat.ts'
import { type Attempt, type Results, resultsVersion } from './results.ts'
import { type StopOptions, StopRules } from './stop-rules.ts'
import type { AttemptStore, PlanKey } from './store.ts'
import { baselineRuns, leftOutOfSweep, sweepOf, sweepRuns } from './sweep.ts'
import { verdictsOf } from './verdicts.ts'

export interface CampaignOptions extends StopOptions {
  /** What to turn, in all combinations; of none it is the sweep. */
  values: KnobValues
  seed: number
  shard: Shard | null
  /** Of one attempt, in milliseconds. */
  timeout: number | undefined
}

export interface CampaignParts {
  pool: AttemptMaker & { readonly jobs: number }
  setting: CampaignSetting
  found: Found
  store: AttemptStore
  progress: Progress
  /** The pool is closed, and what ran is no result. */
  signal: AbortSignal
  /** What results.json says of who made it. */
  about: Pick<Results, 'nsbox' | 'command'>
}

export interface Campaigned {
  results: Results
  /** What ended it, where that was a failure of the tool. Nothing that was made is lost. */
  failure: unknown
}

/** Of a combination of a grid, where nothing says how many. */
const gridRuns = 10
/** Clusters of failures that a recipe is looked for. */
const mostHits = 5

/** Numbers from here on are of attempts that no plan has: a plan may go on for ever. */
const firstAgain = 1_000_000_000

const baselineTimeoutMs = 600_000
const leastTimeoutMs = 60_000
/** How much longer than in the baseline an attempt may take: a cap of a tenth, and what else is turned. */
const slowest = 20

/** A target after its baseline. */
interface Subject extends Target {
  measured: Measured
  left: WhatIsLeft
}

export class Campaign {
  readonly #options: CampaignOptions
  readonly #parts: CampaignParts
  readonly #shard: Shard
  readonly #rules: StopRules
  readonly #attempts: Attempt[] = []
  readonly #leftOut = new Set<KnobName>()
  /** Of before a resumption. */
  readonly #resumed = new Map<number, Attempt>()
  #startedAt = new Date().toISOString()
  /** That were looked again at. */
  #again = 0
  #endedEarly: string | null = null
  #failure: unknown

  constructor(options: CampaignOptions, parts: CampaignParts) {
    this.#options = options
    this.#parts = parts
    this.#shard = options.shard ?? whole
    this.#rules = new StopRules(options)
  }

  /** @throws NsboxError ERR_NSBOX_CONFIG where what is to be resumed is of another plan, or something cannot be turned here */
  async run(resume: boolean): Promise<Campaigned> {
    const { found, progress, signal } = this.#parts
    const missing = this.#missing()
    this.#open(resume)
    try {
      // What still runs when it is cancelled is not waited for.
      await Promise.race([this.#make(found.targets, missing), cancelled(signal)])
    } catch (error) {
      // What a cancelled attempt says is of no interest.
      if (!signal.aborted) this.#failure ??= error
    }
    if (this.#failure !== undefined) this.#endedEarly = 'error'
    if (signal.aborted) this.#endedEarly = 'interrupted'
    progress.ended()
    return { results: this.#results(), failure: this.#failure }
  }

  async #make(targets: readonly Target[], missing: ReadonlySet<KnobName>): Promise<void> {
    const subjects = await this.#baseline(targets)
    await this.#planned(subjects, missing)
    await this.#followUp(subjects)
  }

  /** Says what is left out. @throws NsboxError ERR_NSBOX_CONFIG when the seal is `require` */
  #missing(): Set<KnobName> {
    const { found, setting } = this.#parts
    const missing = new Map(found.missing.map(({ knob, why }) => [knob, why]))
    const names = new Set(missing.keys())
    for (const knob of this.#isGrid ? knobNames.filter((name) => names.has(name) && this.#options.values[name]) : leftOutOfSweep(names)) {
      const why = missing.get(knob) ?? ''
      if (setting.seal === 'require') throw configError(`--${knob} cannot be turned here: ${why}; --prefer leaves it out`)
      this.#sayLeftOut({ knob, why })
    }
    return names
  }

  /** Once each. */
  #sayLeftOut({ knob, why }: MissingKnob): void {
    if (this.#leftOut.has(knob)) return
    this.#leftOut.add(knob)
    this.#parts.progress.say(`left out: the knob ${knob} cannot be turned here: ${why}`)
  }

  get #isGrid(): boolean {
    return Object.keys(this.#options.values).length > 0
  }

  #open(resume: boolean): void {
    const { store } = this.#parts
    if (!resume) return store.begin(this.#key(), this.#startedAt)
    const { startedAt, attempts } = store.resume(this.#key())
    this.#startedAt = startedAt
    for (const attempt of attempts) this.#resumed.set(attempt.number, attempt)
    this.#again = attempts.filter(({ number }) => number >= firstAgain).length
  }

  #key(): PlanKey {
    const { values, runs, seed, shard, timeout } = this.#options
    const { words, filters, testNamePattern, seal } = this.#parts.setting
    const { targets, root } = this.#parts.found
    const files = targets.map(({ file }) => [file, hashOf(join(root, file))])
    return { seed, options: { ...values, runs, shard, timeout, words, filters, testNamePattern, seal }, files: Object.fromEntries(files) }
  }

  /** @returns what each needs, and which of its tests are worth going on with */
  async #baseline(targets: readonly Target[]): Promise<Subject[]> {
    const share = baselineShare(this.#shard)
    this.#foresee(share * targets.length + Math.ceil((targets.length * this.#steps()) / this.#shard.count))
    const makeAll = (planned: Planned[]) =>
      this.#makeAll(planned, (one) => this.#one(one, { ...this.#target(one), knobs: {}, timeoutMs: baselineTimeoutMs }))
    const round = (number: number) => baselineRound(number, targets.length, this.#shard)
    await makeAll(Array.from({ length: share }, (_, number) => round(number)).flat())
    for (let number = share; number < baselineRuns; number++)
      await makeAll(round(number).filter((one) => brokenOf(this.#of(this.#target(one))).length > 0))
    if (verdictsOf(this.#attempts).some(({ verdict }) => verdict === 'FLAKY')) this.#rules.foundFlaky()
    return targets.map((target) => {
      const own = this.#of(target)
      const left = withoutBroken(own, this.#parts.setting.testNamePattern)
      return { ...target, measured: measuredOf(own.map(({ result }) => result)), left }
    })
  }

  #target({ target }: Planned): Target {
    return this.#parts.found.targets[target] as Target
  }

  #of(target: Target): Attempt[] {
    return this.#attempts.filter(isOf(target))
  }

  async #planned(subjects: readonly Subject[], missing: ReadonlySet<KnobName>): Promise<void> {
    const values = Object.fromEntries(Object.entries(this.#options.values).filter(([name]) => !missing.has(name as KnobName)))
    const knobs = subjects.map(({ measured, left }) => {
      const all = this.#isGrid ? gridOf(values) : sweepOf(measured, missing)
      return left.nothing ? all.map(() => null) : all
    })
    if (knobs.flat().every((one) => one === null)) return
    const { seed } = this.#options
    const plan = { phase: this.#isGrid ? 'grid' : 'sweep', seed, shard: this.#shard, knobs } as const
    const steps = this.#rules.isEndless ? Infinity : this.#steps()
    if (steps !== Infinity) this.#foresee(this.#attempts.length + [...stepsOf({ ...plan, steps })].length)
    await this.#makeAll(stepsOf({ ...plan, steps }), (one) => this.#one(one, this.#orderFor(subjects[one.target] as Subject, one.knobs)))
  }

  #orderFor({ file, project, measured, left: { testNamePattern } }: Subject, knobs: AttemptOrder['knobs']): AttemptOrder {
    const timeoutMs = Math.round(Math.max(leastTimeoutMs, measured.wallMs * slowest))
    return { file, project, knobs, timeoutMs, ...(testNamePattern !== undefined && { testNamePattern }) }
  }

  /** Of each target, in all shards. */
  #steps(): number {
    const { runs, values } = this.#options
    return this.#isGrid ? (runs ?? gridRuns) * gridOf(values).length : (runs ?? sweepRuns)
  }

  #foresee(attempts: number | null): void {
    const { until, isEndless } = this.#rules
    this.#parts.progress.began({ attempts: isEndless ? null : attempts, ...(until !== undefined && { until }) })
  }

  async #followUp(subjects: readonly Subject[]): Promise<void> {
    for (const hit of hitsOf(this.#attempts, mostHits)) {
      if (this.#isOver('follow-up')) return
      // How many runs it takes shows itself.
      this.#foresee(null)
      const words = await lookAgain(hit, {
        lanes: this.#parts.pool.jobs,
        isOver: () => this.#isOver('follow-up'),
        make: (phase, target, knobs) => {
          const subject = subjects.find((one) => one.file === target.file && one.project === target.project) as Subject
          const order = this.#orderFor(subject, knobs)
          return this.#one({ number: this.#followUpNumber(phase, order), phase }, order)
        },
      })
      if (!this.#parts.signal.aborted) this.#parts.progress.say(words)
    }
  }

  /** Each shard has its own; or that of one of before the resumption which is just what is wanted. */
  #followUpNumber(phase: Attempt['phase'], order: AttemptOrder): number {
    const recipe = printRecipe(order.knobs)
    const isSame = (attempt: Attempt) => attempt.phase === phase && isOf(order)(attempt) && printRecipe(attempt.order.knobs) === recipe
    const same = [...this.#resumed.values()].find(isSame)
    if (same) return same.number
    const { index, count } = this.#shard
    return firstAgain + this.#again++ * count + index - 1
  }

  /** As many at once as there are worker processes. What fails in one lane ends the others, whose attempts are let finish. */
  async #makeAll(planned: Iterable<Planned>, make: (one: Planned) => Promise<unknown>): Promise<void> {
    const rest = planned[Symbol.iterator]()
    const lane = async () => {
      while (!this.#isOver('planned')) {
        const { value, done } = rest.next()
        if (done) return
        await make(value)
      }
    }
    await Promise.allSettled(Array.from({ length: this.#parts.pool.jobs }, lane))
    if (this.#failure !== undefined) throw this.#failure
  }

  #isOver(what: 'planned' | 'follow-up'): boolean {
    if (this.#parts.signal.aborted || this.#failure !== undefined) return true
    const why = this.#rules.over(what)
    this.#endedEarly ??= why
    return why !== null
  }

  async #one({ number, phase }: Pick<Attempt, 'number' | 'phase'>, order: AttemptOrder): Promise<Attempt> {
    const before = this.#resumed.get(number)
    this.#resumed.delete(number)
    return this.#take(before ?? (await this.#attempt(number, phase, order)))
  }

  async #attempt(number: number, phase: Attempt['phase'], order: AttemptOrder): Promise<Attempt> {
    const { pool, store, signal } = this.#parts
    const timed = { ...order, timeoutMs: this.#options.timeout ?? order.timeoutMs }
    const startedAt = new Date().toISOString()
    try {
      const attempt = { number, phase, order: timed, result: await pool.run(timed, {}), startedAt }
      store.append(attempt)
      return attempt
    } catch (error) {
      if (!signal.aborted) this.#failure ??= error
      throw error
    }
  }

  #take(attempt: Attempt): Attempt {
    this.#attempts.push(attempt)
    this.#rules.take(attempt)
    this.#parts.progress.attempt(attempt)
    for (const knob of attempt.result.notTurned) this.#sayLeftOut(knob)
    return attempt
  }

  #results(): Results {
    const { found, about } = this.#parts
    const attempts = this.#attempts.toSorted((a, b) => a.number - b.number)
    return {
      version: resultsVersion,
      ...about,
      node: process.version,
      vitest: found.vitest,
      startedAt: this.#startedAt,
      finishedAt: new Date().toISOString(),
      machine: { cpus: cpus().length, memoryBytes: totalmem(), kernel: release() },
      seed: this.#options.seed,
      shard: this.#options.shard,
      endedEarly: this.#endedEarly,
      attempts,
      tests: verdictsOf(attempts),
      clusters: clustersOf(attempts),
    }
  }
}

async function cancelled(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort')
}

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch (error) {
    throw configError(`${quoted(path)} cannot be read: ${oneLine((error as Error).message)}`)
  }
}
