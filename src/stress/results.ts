// What a campaign knows when it is over: the contents of results.json.

import type { AttemptOrder, AttemptResult } from './attempt.ts'
import type { KnobName, Knobs } from './knobs.ts'

export const resultsVersion = 1

export interface Results {
  version: typeof resultsVersion
  nsbox: string
  node: string
  vitest: string
  /** ISO 8601. */
  startedAt: string
  finishedAt: string
  machine: { cpus: number; memoryBytes: number; kernel: string }
  /** The command's words. */
  command: string[]
  seed: number
  shard: { index: number; count: number } | null
  /** Why it ended before its plan was done: `interrupted`, `duration`, `budget`, `until-fail`, `error`; null where it was. */
  endedEarly: string | null
  attempts: Attempt[]
  tests: TestVerdict[]
  clusters: Cluster[]
}

export interface Attempt {
  /** From 0, in the order of the plan: the same in every shard and after a resumption. */
  number: number
  /** Why it was made. */
  phase: 'baseline' | 'sweep' | 'grid' | 'confirm' | 'shrink'
  order: AttemptOrder
  result: AttemptResult
  /** ISO 8601. */
  startedAt: string
}

export type Verdict = 'PASS' | 'FLAKY' | 'BUDGET' | 'BROKEN' | 'KILLED'

/** How often something failed. */
export interface Rate {
  failed: number
  runs: number
  /** Wilson's interval for 95 %. */
  interval: [number, number]
}

export interface TestVerdict extends Rate {
  file: string
  project: string
  /** `suite > name`; null is the file as a whole, where it ended before its tests. */
  name: string | null
  line: number | null
  verdict: Verdict
  baseline: Rate
  effects: KnobEffect[]
  /** The smallest that was found to fail. */
  recipe: ({ text: string; knobs: Knobs } & Rate) | null
  cause: LikelyCause | null
}

/** Of one knob, or several that were turned together, on one test. */
export interface KnobEffect extends Rate {
  /** `cpu=0.25`, as in a recipe, without the seed. */
  knobs: string
  names: KnobName[]
  /** Its rate over the baseline's. */
  amplification: number
  /**
   * That the baseline would fail as often by chance (Fisher's exact test, one-sided), as it is and corrected for all knobs that were
   * tried (Holm). Of the runs that confirmed it alone, where there are any.
   */
  p: number
  pCorrected: number
  guilty: boolean
}

export type CauseClass = 'async wait' | 'race' | 'leak' | 'order' | 'network' | 'clock' | 'environment' | 'randomness' | 'resources'

export interface LikelyCause {
  class: CauseClass
  /** One sentence each. */
  evidence: string[]
}

/** Failures that are alike. */
export interface Cluster {
  /** Short and stable. */
  id: string
  /** Of the first failure. */
  error: string
  /** The normalised stack that they share. */
  signature: string
  failures: number
  /** `file > name`. */
  tests: string[]
  /** Recipes without seeds, with how many of the failures each. */
  knobs: Record<string, number>
  cause: LikelyCause | null
}
