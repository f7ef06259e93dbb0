// Whoever holds limits, as the benchmark of limits sees it.

import type { Limits } from '../../src/plan/limits.ts'

export interface Measured {
  wallMs: number
  /** Microseconds of CPU time of all processes in the sandbox. */
  cpuMicros: number
  /** Microseconds of CPU time of whoever holds the limits. */
  overheadMicros: number
  /** Most memory that was seen, in bytes. */
  peak: number | undefined
}

export interface Mechanism {
  readonly name: string
  /** A program in a sandbox with these limits. */
  readonly run: (limits: Limits, argv: string[]) => Promise<Measured>
  close(): Promise<void>
}
