// What one run of the lab was asked for.

export interface Guest {
  machine: 'uml' | 'qemu'
  /** Who has the cgroups: a subtree given away by chown(2), or systemd. */
  manager: 'plain' | 'systemd'
}

export interface Request {
  /** Projects of test/vitest.config.ts. */
  project: readonly string[]
  /** A benchmark of test/bench, instead of vitest. */
  bench?: string | undefined
  /** Filters and flags for vitest, or words for the benchmark. */
  words: readonly string[]
  /** Where vitest's JSON report goes. */
  results: string | undefined
  /** Controllers for users: all that there are, or what systemd gives them by itself. */
  delegate: 'all' | 'default'
  /** Of the guest, with a unit: `2048M`. */
  memory: string
  /** Until the guest has failed, in seconds. */
  timeout: number
  /** Where a kernel package is unpacked. */
  kernel: string
}

export function guestName({ machine, manager }: Guest): string {
  return `${machine}-${manager}`
}

/** What the user can mend. */
export class Mistake extends Error {}

export class Interrupted extends Error {
  readonly signal: NodeJS.Signals

  constructor(signal: NodeJS.Signals) {
    super(signal)
    this.signal = signal
  }
}
