// When a campaign is over before its plan is.

import { performance } from 'node:perf_hooks'
import type { Attempt } from './results.ts'

export interface StopOptions {
  /** Of each file: steps of the sweep, or runs of each combination. Where it is missing, one of the others may take its place. */
  runs: number | undefined
  /** Milliseconds. */
  duration: number | undefined
  /** CPU time of all attempts, in milliseconds. */
  budget: number | undefined
  untilFail: boolean
}

/** Of time and CPU time: it is kept for looking again at what failed. */
const followUpPart = 0.25

export class StopRules {
  readonly #options: StopOptions
  readonly #begunMs = performance.now()
  readonly #begunAt = Date.now()
  #cpuMs = 0
  #hasFailed = false

  constructor(options: StopOptions) {
    this.#options = options
  }

  /** Goes on until a rule says so. */
  get isEndless(): boolean {
    const { runs, duration, budget, untilFail } = this.#options
    return runs === undefined && (duration !== undefined || budget !== undefined || untilFail)
  }

  /** Milliseconds since the epoch. */
  get until(): number | undefined {
    return this.#options.duration === undefined ? undefined : this.#begunAt + this.#options.duration
  }

  /** What failed in the baseline may be broken, which is not what was waited for. */
  take({ phase, result }: Pick<Attempt, 'phase' | 'result'>): void {
    this.#cpuMs += result.usage.cpuMs
    if (phase !== 'baseline' && result.end !== 'passed') this.#hasFailed = true
  }

  /** A test failed in a part of its baseline. */
  foundFlaky(): void {
    this.#hasFailed = true
  }

  /** Why nothing more is to be begun; null where nothing speaks against it. */
  over(what: 'planned' | 'follow-up'): 'until-fail' | 'duration' | 'budget' | null {
    const { duration = Infinity, budget = Infinity, untilFail } = this.#options
    const part = what === 'planned' && this.#hasFailed ? 1 - followUpPart : 1
    if (untilFail && this.#hasFailed && what === 'planned') return 'until-fail'
    if (performance.now() - this.#begunMs >= duration * part) return 'duration'
    return this.#cpuMs >= budget * part ? 'budget' : null
  }
}
