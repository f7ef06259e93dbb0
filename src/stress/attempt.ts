// One run of the chosen tests of a file in a sandbox: what is ordered of a worker process, and what came of it. All of it travels
// as a structured clone, and stands in results.json.

import type { ErrorData } from '../errors.ts'
import type { HeldLimits } from '../plan/limit-plan.ts'
import type { Knobs, MissingKnob } from './knobs.ts'

/** What every attempt of a campaign has in common: the data of its worker processes. */
export interface CampaignSetting {
  /** Where vitest is started. */
  cwd: string
  /** vitest's own words: `--config`, `--project`, `--root` and the like, and those of the pool, `--nsbox.memory=64M`. */
  words: string[]
  /** File filters, as vitest takes them. */
  filters: string[]
  /** Of the names of tests, a regular expression: vitest's `-t`. */
  testNamePattern: string | undefined
  /** What a knob that cannot be turned here does: end the campaign, or be told in `notTurned`. */
  seal: 'require' | 'prefer'
}

/** A file that has tests. */
export interface Target {
  /** Relative to vitest's root. */
  file: string
  /** Name of its project; empty where there is one alone. */
  project: string
}

export interface AttemptOrder extends Target {
  knobs: Knobs
  /** Of the whole attempt, in milliseconds: what still runs then is killed. */
  timeoutMs: number
  /** Names of tests, a regular expression, where not all that the campaign chose are to run. */
  testNamePattern?: string
}

export interface AttemptResult {
  /** `killed`: its worker was ended, by a cap or by the time limit. */
  end: 'passed' | 'failed' | 'killed'
  tests: TestResult[]
  /** Those of no test: of the file, of its hooks, and unhandled ones. */
  errors: AttemptError[]
  /** What ended the worker, or held it back, in words: `killed by its memory cap of 64 MiB (peak 64 MiB)`. */
  caps: { limit: 'cpu' | 'memory' | 'pids' | 'time' | 'disk'; words: string; fatal: boolean }[]
  usage: AttemptUsage
  /** How the limits among the knobs were held, and the delay and loss of packets. */
  held: HeldKnobs
  /** Knobs that could not be turned here, with `prefer`. */
  notTurned: MissingKnob[]
  /** The last of what the worker printed, 64 KiB at most; empty for an attempt that passed. */
  output: string
}

export type HeldKnobs = HeldLimits & Partial<Record<'delay' | 'loss', string>>

export interface TestResult {
  /** `suite > name`. */
  name: string
  state: 'passed' | 'failed' | 'skipped'
  /** Milliseconds. */
  durationMs: number
  errors: AttemptError[]
  /** In the file, from 1; null where vitest did not tell. */
  line: number | null
}

export interface AttemptError {
  name: string
  message: string
  stack: string
  /** Of what was expected and what was there, as vitest shows it, without colours; missing where there is none. */
  diff?: string
  /** vitest's own time limit of a test or hook. */
  isTimeout: boolean
}

/** Null is what nobody could count. Times in milliseconds. */
export interface AttemptUsage {
  wallMs: number
  cpuMs: number
  throttledMs: number | null
  memoryPeakBytes: number | null
}

/** What a worker process is asked to do. */
export type AttemptTask = { do: 'find'; setting: CampaignSetting } | { do: 'attempt'; setting: CampaignSetting; order: AttemptOrder }
/** An error that is not nsbox's own has its stack. */
export type WorkerAnswer = { result: Found | AttemptResult } | { error: ErrorData | Error }

/** Of `find`. */
export interface Found {
  targets: Target[]
  /** Real path of vitest's root. */
  root: string
  vitest: string
  /** Knobs that this machine cannot turn, with the reason. */
  missing: MissingKnob[]
}
