// The smallest caps under which test files still pass: a search over the ladder of each cap, with several runs on each step.

import type { AttemptOrder, AttemptResult, Target } from './attempt.ts'
import { firstFailure, isTimeoutOnly } from './failure-text.ts'
import type { Knobs } from './knobs.ts'
import { type AttemptMaker, hasFailed, type Run, repeat } from './repeat.ts'
import { smallestPassing } from './threshold-search.ts'

export type Cap = 'cpu' | 'memory'

/** Runs under the same caps. */
export interface Step {
  failed: number
  runs: number
  /** Of the first failure; null where there is none. */
  first: { words: string; kind: 'time-out' | 'out of memory' | 'failure' } | null
}

/** Under a cap: a share of processors, or bytes. */
export type CapStep = Step & { value: number }

export interface Threshold {
  /** The smallest step on which no run failed; null where that is none but the whole machine. */
  passes: CapStep | null
  /** The step below; null where the smallest passes. */
  fails: CapStep | null
}

/** The most of all runs without a cap. */
export interface Needs {
  wallMs: number
  cpuMs: number
  memoryPeakBytes: number | null
}

export interface FileThresholds extends Target {
  baseline: Step & Needs
  /** Null where the file fails without a cap, or the cap was not asked for. */
  cpu: Threshold | null
  memory: Threshold | null
}

/** Of all files: the largest of their smallest caps; null where a file passes under no cap of the ladder, or none was asked for. */
export interface Together {
  cpu: number | null
  memory: number | null
  step: Step
}

/** Of the runs of a step, while the steps around it are not known yet. */
const searchPart = 3

export interface ThresholdOptions {
  /** On each step. */
  runs: number
  ladders: Partial<Record<Cap, readonly number[]>>
  lanes: number
  /** Of an attempt without caps. */
  timeoutMs: number
  signal: AbortSignal
  ended: (run: Run, phase: 'baseline' | 'grid') => void
}

export class Thresholds {
  readonly #attempts: AttemptMaker
  readonly #options: ThresholdOptions

  constructor(attempts: AttemptMaker, options: ThresholdOptions) {
    this.#attempts = attempts
    this.#options = options
  }

  /** @throws what `signal` was aborted with */
  async of(target: Target): Promise<FileThresholds> {
    const { runs, ladders, timeoutMs } = this.#options
    const done = await this.#run(target, {}, { from: 0, to: runs, timeoutMs, phase: 'baseline', untilFail: true })
    const baseline = { ...stepOf(done), ...needsOf(done) }
    const search = async (cap: Cap) => {
      const ladder = ladders[cap]
      return ladder && baseline.failed === 0 ? this.#search(target, cap, ladder, baseline) : null
    }
    return { ...target, baseline, cpu: await search('cpu'), memory: await search('memory') }
  }

  /** Caps that pass one by one need not together: each failure takes the one that it was of, or both, a step up. */
  async together(files: readonly FileThresholds[]): Promise<Together> {
    let caps = { cpu: largest(files, 'cpu'), memory: largest(files, 'memory') }
    for (;;) {
      const steps = await Promise.all(files.map((file) => this.#confirm(file, caps)))
      const failed = steps.filter((step) => step.failed > 0)
      const kinds = new Set(failed.map(({ first }) => first?.kind))
      const isOnly = (kind: string) => kinds.size === 1 && kinds.has(kind as never)
      const next = {
        cpu: isOnly('out of memory') ? caps.cpu : this.#above('cpu', caps.cpu),
        memory: isOnly('time-out') ? caps.memory : this.#above('memory', caps.memory),
      }
      const isStuck = next.cpu === caps.cpu && next.memory === caps.memory
      if (failed.length === 0 || isStuck) return { ...caps, step: sum(steps) }
      caps = next
    }
  }

  async #search(target: Target, cap: Cap, ladder: readonly number[], needs: Needs): Promise<Threshold> {
    const { runs } = this.#options
    const done = new Map<number, Run[]>()
    const more = async (index: number, to: number, untilFail: boolean) => {
      const before = done.get(index) ?? []
      const knobs = knobsOf({ cpu: null, memory: null, [cap]: ladder[index] as number })
      const timeoutMs = cappedTimeout(knobs, needs)
      const after = await this.#run(target, knobs, { from: before.length, to, timeoutMs, phase: 'grid', untilFail })
      done.set(index, [...before, ...after])
    }
    const passes = async (index: number, to: number) => {
      await more(index, to, true)
      return !done.get(index)?.some(hasFailed)
    }
    const passing = await smallestPassing(ladder.length, passes, { search: Math.ceil(runs / searchPart), confirm: runs })
    // How often it fails there is told, and until now there was one failure to be found.
    if (passing > 0) await more(passing - 1, runs, false)
    const at = (index: number): CapStep | null => {
      const found = done.get(index)
      return found ? { value: ladder[index] as number, ...stepOf(found) } : null
    }
    return { passes: at(passing), fails: at(passing - 1) }
  }

  async #confirm({ file, project, baseline }: FileThresholds, caps: Pick<Together, Cap>): Promise<Step> {
    const knobs = knobsOf(caps)
    const timeoutMs = cappedTimeout(knobs, baseline)
    const { runs } = this.#options
    return stepOf(await this.#run({ file, project }, knobs, { from: 0, to: runs, timeoutMs, phase: 'grid', untilFail: true }))
  }

  #above(cap: Cap, value: number | null): number | null {
    return value === null ? null : (this.#options.ladders[cap]?.find((step) => step > value) ?? value)
  }

  async #run({ file, project }: Target, knobs: Knobs, { from, to, timeoutMs, phase, untilFail }: Stretch): Promise<Run[]> {
    const { lanes, signal, ended } = this.#options
    const order: AttemptOrder = { file, project, knobs, timeoutMs }
    const onFailure = untilFail ? 'finish' : 'go on'
    const done = await repeat(
      this.#attempts,
      () => order,
      { runs: to - from, onFailure, lanes, signal },
      (run) => ended(run, phase),
    )
    signal.throwIfAborted()
    return done
  }
}

interface Stretch {
  from: number
  to: number
  timeoutMs: number
  phase: 'baseline' | 'grid'
  untilFail: boolean
}

/** Of a cap, what all files pass under one by one. */
function largest(files: readonly FileThresholds[], cap: Cap): number | null {
  const each = files.map((file) => file[cap]?.passes?.value)
  return each.reduce<number | null>((most, value) => (most === null || value === undefined ? null : Math.max(most, value)), 0) || null
}

function knobsOf({ cpu, memory }: Pick<Together, Cap>): Knobs {
  return { ...(cpu !== null && { cpu: { share: cpu, periodMs: 100 } }), ...(memory !== null && { memory }) }
}

/** vitest's own time limits are what a slow machine breaks; this one is for what hangs. */
function cappedTimeout({ cpu }: Knobs, { wallMs, cpuMs }: Needs): number {
  return Math.ceil(60_000 + 4 * (wallMs + cpuMs / Math.min(1, cpu?.share ?? 1)))
}

function stepOf(done: readonly Run[]): Step {
  const failed = done.filter(hasFailed)
  const first = failed[0]?.result
  return { failed: failed.length, runs: done.length, first: first ? { words: firstFailure(first), kind: kindOf(first) } : null }
}

function kindOf(result: AttemptResult): NonNullable<Step['first']>['kind'] {
  if (result.caps.some(({ limit, fatal }) => fatal && limit === 'memory')) return 'out of memory'
  return isTimeoutOnly(result) ? 'time-out' : 'failure'
}

function sum(steps: readonly Step[]): Step {
  const count = (part: (step: Step) => number) => steps.reduce((total, step) => total + part(step), 0)
  return {
    failed: count(({ failed }) => failed),
    runs: count(({ runs }) => runs),
    first: steps.find(({ first }) => first)?.first ?? null,
  }
}

function needsOf(done: readonly Run[]): Needs {
  const most = (part: (usage: AttemptResult['usage']) => number | null) => Math.max(...done.map(({ result }) => part(result.usage) ?? 0))
  return {
    wallMs: most(({ wallMs }) => wallMs),
    cpuMs: most(({ cpuMs }) => cpuMs),
    memoryPeakBytes: most((one) => one.memoryPeakBytes) || null,
  }
}
