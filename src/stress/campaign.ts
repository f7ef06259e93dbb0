// A campaign from its baseline to its results: what is planned is made, stopped by what the caller set, and what failed is looked at
// again.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { configError } from '../errors.ts'
import type { CampaignSetting, Found, Target } from './attempt.ts'
import { clustersOf } from './clusters.ts'
import { failedAgain, type Hit, hitsOf } from './follow-up.ts'
import { gridOf, type KnobValues } from './grid.ts'
import { type KnobName, type Knobs, knobNames, type MissingKnob } from './knobs.ts'
import { isOf, type Measured, measuredOf } from './measured.ts'
import type { Progress } from './output/progress.ts'
import { baselineRound, baselineShare, type Planned, type Shard, stepsOf, whole } from './plan.ts'
import { printKnobs, printRecipe } from './recipe.ts'
import type { AttemptMaker } from './repeat.ts'
import { type Attempt, type Results, resultsVersion } from './results.ts'
import { confirm, shrink, type Try } from './shrink.ts'
import type { Counted } from './statistics.ts'
import type { AttemptStore, PlanKey } from './store.ts'
import { baselineRuns, leftOutOfSweep, sweepOf, sweepRuns } from './sweep.ts'
import { printTestId, testPattern } from './test-id.ts'
import { verdictsOf } from './verdicts.ts'

export interface CampaignOptions {
  /** What to turn, in all combinations; of none it is the sweep. */
  values: KnobValues
  /** Of each file: steps of the sweep, or runs of each combination. */
  runs: number | undefined
  /** Milliseconds. */
  duration: number | undefined
  /** CPU time of all attempts, in milliseconds. */
  budget: number | undefined
  untilFail: boolean
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
  /** Ends everything at once. */
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
/** Time and CPU time that is kept for looking again at what failed. */
const followUpPart = 0.25
/** Clusters of failures that a recipe is looked for, and runs for each. */
const mostHits = 5
const runsPerHit = 80

const baselineTimeoutMs = 600_000
const leastTimeoutMs = 60_000
/** How much longer than in the baseline an attempt may take: a cap of a tenth, and what else is turned. */
const slowest = 20

export class Campaign {
  readonly #options: CampaignOptions
  readonly #parts: CampaignParts
  readonly #shard: Shard
  readonly #attempts: Attempt[] = []
  readonly #leftOut = new Set<KnobName>()
  /** Of before a resumption. */
  readonly #resumed = new Map<number, Attempt>()
  #startedAt = new Date().toISOString()
  #startedMs = performance.now()
  #cpuMs = 0
  #hasFailed = false
  #endedEarly: string | null = null
  #failure: unknown

  constructor(options: CampaignOptions, parts: CampaignParts) {
    this.#options = options
    this.#parts = parts
    this.#shard = options.shard ?? whole
  }

  /** @throws NsboxError ERR_NSBOX_CONFIG where what is to be resumed is of another plan, or something cannot be turned here */
  async run(resume: boolean): Promise<Campaigned> {
    const { found, store, progress } = this.#parts
    const missing = this.#missing()
    const plan = this.#key()
    if (resume) {
      const { startedAt, attempts } = store.resume(plan)
      this.#startedAt = startedAt
      for (const attempt of attempts) this.#resumed.set(attempt.number, attempt)
    } else store.begin(plan, this.#startedAt)
    this.#startedMs = performance.now()
    try {
      const targets = await this.#baseline(found.targets)
      await this.#planned(targets, missing)
      await this.#followUp()
    } catch (error) {
      // What a cancelled attempt says is of no interest.
      if (!this.#parts.signal.aborted) this.#failure = error
    }
    if (this.#parts.signal.aborted) this.#endedEarly = 'interrupted'
    progress.ended()
    return { results: this.#results(), failure: this.#failure }
  }

  /** Says what is left out. @throws NsboxError ERR_NSBOX_CONFIG for what was asked for, unless the seal is `prefer` */
  #missing(): Set<KnobName> {
    const { found, setting } = this.#parts
    const missing = new Map(found.missing.map(({ knob, why }) => [knob, why]))
    const names = new Set(missing.keys())
    for (const knob of this.#isGrid ? knobNames.filter((name) => names.has(name) && this.#options.values[name]) : leftOutOfSweep(names)) {
      if (setting.seal === 'require') throw configError(`--${knob} cannot be turned here: ${missing.get(knob)}; --prefer leaves it out`)
      this.#sayLeftOut({ knob, why: missing.get(knob) ?? '' })
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

  #key(): PlanKey {
    const { seed, duration: _, budget: __, untilFail: ___, ...options } = this.#options
    const { found, setting } = this.#parts
    const { words, filters, testNamePattern, seal } = setting
    const files = found.targets.map(({ file }) => [file, hashOf(join(found.root, file))])
    return { seed, options: { ...options, words, filters, testNamePattern, seal }, files: Object.fromEntries(files) }
  }

  /** @returns what is worth going on with, and what it needs */
  async #baseline(targets: Target[]): Promise<{ target: Target; measured: Measured }[]> {
    const share = baselineShare(this.#shard)
    const total = share * targets.length
    this.#parts.progress.began({
      attempts: this.#isEndless
        ? null
        : total + this.#stepsOfTarget(this.#isGrid ? gridOf(this.#options.values).length : sweepRuns) * targets.length,
    })
    const rounds = Array.from({ length: share }, (_, round) => baselineRound(round, targets.length, this.#shard)).flat()
    await this.#makeAll(rounds, (planned) => this.#make(planned, targets[planned.target] as Target, baselineTimeoutMs))
    for (let round = share; round < baselineRuns; round++) {
      const failing = baselineRound(round, targets.length, this.#shard).filter(
        ({ target }) => this.#brokenOf(targets[target] as Target).length > 0,
      )
      await this.#makeAll(failing, (planned) => this.#make(planned, targets[planned.target] as Target, baselineTimeoutMs))
    }
    return targets.map((target) => ({
      target,
      measured: measuredOf(this.#attempts.filter(isOf(target)).map(({ result }) => result)),
    }))
  }

  async #planned(targets: { target: Target; measured: Measured }[], missing: ReadonlySet<KnobName>): Promise<void> {
    const { values, seed } = this.#options
    const cells = gridOf(Object.fromEntries(Object.entries(values).filter(([name]) => !missing.has(name as KnobName))))
    const knobs = targets.map(({ measured }) => (this.#isGrid ? cells : sweepOf(measured, missing)))
    const steps = this.#isEndless && this.#options.runs === undefined ? Infinity : this.#stepsOfTarget(knobs[0]?.length ?? 0)
    const planned = stepsOf({ phase: this.#isGrid ? 'grid' : 'sweep', seed, shard: this.#shard, knobs, steps })
    const patterns = targets.map(({ target }) => this.#patternFor(target))
    const made = function* (): Generator<Planned> {
      for (const one of planned) if (patterns[one.target] !== null) yield one
    }
    await this.#makeAll(made(), (one) => {
      const { target, measured } = targets[one.target] as { target: Target; measured: Measured }
      const pattern = patterns[one.target] ?? undefined
      return this.#make(one, target, Math.max(leastTimeoutMs, measured.wallMs * slowest), pattern)
    })
  }

  get #isEndless(): boolean {
    const { runs, duration, budget, untilFail } = this.#options
    return runs === undefined && (duration !== undefined || budget !== undefined || untilFail)
  }

  #stepsOfTarget(perRound: number): number {
    const { runs } = this.#options
    if (!this.#isGrid) return runs ?? sweepRuns
    return (runs ?? gridRuns) * perRound
  }

  /** Tests that failed in all of the baseline. */
  #brokenOf(target: Target): (string | null)[] {
    return verdictsOf(this.#attempts.filter(isOf(target)).filter(({ phase }) => phase === 'baseline'))
      .filter(({ verdict }) => verdict === 'BROKEN')
      .map(({ name }) => name)
  }

  /** For vitest, that leaves out what is broken; undefined where nothing is, null where all is. */
  #patternFor(target: Target): string | undefined | null {
    const own = this.#attempts.filter(isOf(target))
    const broken = this.#brokenOf(target)
    const names = new Set(own.flatMap(({ result }) => result.tests.filter(({ state }) => state !== 'skipped').map(({ name }) => name)))
    const left = [...names].filter((name) => !broken.includes(name))
    const named = broken.filter((name) => name !== null)
    if (broken.includes(null) && named.length === 0) return null
    if (left.length === 0) return named.length === 0 ? undefined : null
    if (named.length === 0) return undefined
    const all = this.#parts.setting.testNamePattern
    return `^(?!${named.map((name) => testPattern(name).slice(1)).join('|')})${all === undefined ? '' : `(?=[\\s\\S]*(?:${all}))`}`
  }

  /** As many at once as there are worker processes. */
  async #makeAll(planned: Iterable<Planned>, make: (one: Planned) => Promise<unknown>): Promise<void> {
    const rest = planned[Symbol.iterator]()
    const lane = async () => {
      while (!this.#isOver()) {
        const { value, done } = rest.next()
        if (done) return
        await make(value)
      }
    }
    const lanes = await Promise.allSettled(Array.from({ length: this.#parts.pool.jobs }, () => this.#orFail(lane())))
    for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason
  }

  /** What fails in one lane ends the others, whose attempts are let finish. */
  async #orFail(lane: Promise<void>): Promise<void> {
    try {
      await lane
    } catch (error) {
      this.#failure ??= error
      throw error
    }
  }

  async #make(
    { number, phase, knobs }: Omit<Planned, 'phase' | 'target'> & Pick<Attempt, 'phase'>,
    target: Target,
    timeoutMs: number,
    testNamePattern?: string,
  ): Promise<Attempt> {
    const before = this.#resumed.get(number)
    if (before) {
      this.#resumed.delete(number)
      this.#take(before)
      return before
    }
    const { pool, store, signal } = this.#parts
    const order = {
      ...target,
      knobs,
      timeoutMs: Math.round(this.#options.timeout ?? timeoutMs),
      ...(testNamePattern !== undefined && { testNamePattern }),
    }
    const startedAt = new Date().toISOString()
    const result = await pool.run(order, { signal })
    const attempt: Attempt = { number, phase, order, result, startedAt }
    store.append(attempt)
    this.#take(attempt)
    return attempt
  }

  #take(attempt: Attempt): void {
    this.#attempts.push(attempt)
    this.#cpuMs += attempt.result.usage.cpuMs
    // What failed in the baseline may be broken, which is not what was waited for.
    if (attempt.phase !== 'baseline' && attempt.result.end !== 'passed') this.#hasFailed = true
    this.#parts.progress.attempt(attempt)
    for (const knob of attempt.result.notTurned) this.#sayLeftOut(knob)
  }

  #isOver(isFollowUp = false): boolean {
    const { duration = Infinity, budget = Infinity, untilFail } = this.#options
    if (this.#parts.signal.aborted || this.#failure !== undefined) return true
    const part = isFollowUp || !this.#hasFailed ? 1 : 1 - followUpPart
    const why =
      untilFail && this.#hasFailed && !isFollowUp
        ? 'until-fail'
        : performance.now() - this.#startedMs >= duration * part
          ? 'duration'
          : this.#cpuMs >= budget * part
            ? 'budget'
            : null
    this.#endedEarly ??= why
    return why !== null
  }

  async #followUp(): Promise<void> {
    if (this.#isOver(true)) return
    for (const hit of hitsOf(this.#attempts, mostHits)) {
      if (this.#isOver(true)) return
      await this.#smallest(hit)
    }
  }

  /** Says in words what became of it; the figures are in the attempts. */
  async #smallest(hit: Hit): Promise<void> {
    const { progress, pool } = this.#parts
    const test = printTestId(hit)
    const again: string[] = []
    for (const knobs of hit.candidates) {
      const confirmed = await confirm(knobs, this.#tries(hit, 'confirm'))
      if (confirmed.failed > 0) {
        const options = { lanes: pool.jobs, runs: runsPerHit }
        const { failed, runs, knobs: smallest } = await shrink({ knobs, ...confirmed }, this.#tries(hit, 'shrink'), options)
        progress.say(`${test}: fails in ${failed} of ${runs} runs with ${printRecipe(smallest)}`)
        return
      }
      again.push(`${printKnobs(knobs) || 'no knob'} (0 of ${confirmed.runs})`)
      if (this.#isOver(true)) break
    }
    progress.say(`${test}: failed, and not again when tried with ${again.join(', ')}`)
  }

  #tries(hit: Hit, phase: 'confirm' | 'shrink'): Try {
    const first = this.#attempts.find(isOf(hit))
    const timeoutMs = this.#attempts.filter(isOf(hit)).reduce((most, { order }) => Math.max(most, order.timeoutMs), 0)
    const pattern = this.#attempts.findLast((attempt) => isOf(hit)(attempt) && attempt.phase !== 'baseline')?.order.testNamePattern
    const target = { file: hit.file, project: first?.order.project ?? hit.project }
    return async (knobs: Knobs, runs: number): Promise<Counted> => {
      const outcomes: boolean[] = []
      let left = runs
      const lane = async () => {
        while (left > 0 && !this.#isOver(true)) {
          left--
          const attempt = await this.#make({ number: this.#nextNumber(phase, target, knobs), phase, knobs }, target, timeoutMs, pattern)
          const failed = failedAgain(hit, attempt)
          if (failed !== null) outcomes.push(failed)
        }
      }
      await Promise.all(Array.from({ length: Math.min(runs, this.#parts.pool.jobs) }, () => this.#orFail(lane())))
      return { failed: outcomes.filter(Boolean).length, runs: outcomes.length }
    }
  }

  #given = 0

  /** Behind all that were planned, each shard its own; or one of before the resumption that is just what is wanted. */
  #nextNumber(phase: Attempt['phase'], target: Target, knobs: Knobs): number {
    const recipe = printRecipe(knobs)
    const same = [...this.#resumed.values()].find(
      (attempt) => attempt.phase === phase && isOf(target)(attempt) && printRecipe(attempt.order.knobs) === recipe,
    )
    if (same) return same.number
    const { index, count } = this.#shard
    const taken = [...this.#attempts, ...this.#resumed.values()].reduce((most, { number }) => Math.max(most, number), this.#given)
    this.#given = (Math.floor(taken / count) + 1) * count + index - 1
    return this.#given
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

function hashOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex')
  } catch (error) {
    throw configError(`${path} cannot be read: ${(error as Error).message}`)
  }
}
