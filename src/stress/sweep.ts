// The runs of each file when nobody says what to turn: after a baseline of 5, fifteen that are told apart by what they expose.
// Strengths are such that a test without a fault passes: what a knob takes away is more than any machine of a CI would, and less than
// what a test may count on.

import type { KnobName, Knobs } from './knobs.ts'
import { knobNames } from './knobs.ts'
import type { Measured } from './measured.ts'

export const baselineRuns = 5
export const sweepRuns = 15

const mib = 1024 ** 2
const day = 86_400_000

/** In an order that has one of each kind early: a campaign may be stopped at any time. Null is a run that could tell nothing here. */
export function sweepOf(measured: Measured, missing: ReadonlySet<KnobName>): (Knobs | null)[] {
  const share = cpuShare(measured)
  const memory = memoryCap(measured)
  const steps: (Knobs | null)[] = [
    { shuffle: 'tests' },
    { freeze: 64 },
    // Runs for 25 ms and stands still for 475 ms, so that a short test meets a stop too.
    share === null ? null : { cpu: { share: Math.max(share, longStopsShare(measured)), periodMs: 500 } },
    { cores: 1, uv: 1 },
    // Where the day begins first, at the end of a day and of a month that is longer than the next; Turkish has an i of its own; a machine
    // that has been up for a month.
    { tz: '+14', locale: 'tr_TR', hostname: 'ci-worker-7', monotonic: 30 * day, boottime: 30 * day, clock: '2028-01-31T23:59:58' },
    { freeze: 256 },
    { twins: 2 },
    { shuffle: 'tests' },
    // Beyond the 40 ms of a delayed acknowledgement (tcp(7)), and a usual way across a continent.
    { net: 'none', dns: 'none', delay: 50 },
    memory === null ? null : { memory },
    // Runs for 10 ms and stands still for 90 ms.
    share === null ? null : { cpu: { share: Math.max(share, 0.1), periodMs: 100 } },
    // Descriptors as macOS has them for each process, a disk as /dev/shm of a container is; some ten programs of node at once.
    { nofile: 256, inotify: 128, pids: 128, disk: 64 * mib },
    { freeze: 512 },
    // libuv's threads run only when nothing else does, and here there is always something. Several overtake each other: one alone does
    // all in the order in which it was asked for.
    share === null ? { cores: 1, uv: 4 } : { cores: 1, uv: 4, twins: 3 },
    // Half an hour off, and right before clocks are put forward there.
    { tz: 'America/St_Johns', locale: 'de_DE', clock: '2028-03-12T01:59:58' },
  ]
  return steps.map((step) => step && without(step, missing))
}

/** Of what is turned in it, those that cannot be turned here are left out; null when nothing is left. */
function without(step: Knobs, missing: ReadonlySet<KnobName>): Knobs | null {
  const entries = Object.entries(step).filter(([name]) => !missing.has(name as KnobName))
  return entries.length === 0 ? null : Object.fromEntries(entries)
}

/** Knobs that a sweep would turn and this machine cannot, in their order. */
export function leftOutOfSweep(missing: ReadonlySet<KnobName>): KnobName[] {
  const all = sweepOf({ memoryPeakBytes: mib, wallMs: 0, cpuMs: 0, slowestTestMs: 0 }, new Set())
  const turned = new Set(all.flatMap((step) => Object.keys(step ?? {})))
  return knobNames.filter((name) => missing.has(name) && turned.has(name))
}

/** vitest's own limit of a test; a project that has another one usually has a longer one. */
const testTimeoutMs = 5000
/** Of the limit, for what a slow test may take under a cap. */
const mostOfLimit = 0.6

const hundredth = (share: number) => Math.ceil(share * 100) / 100

/** What the slowest test needs to stay within its time limit; null where even a half would be too little for it. */
function cpuShare({ cpuMs, slowestTestMs }: Measured): number | null {
  const needed = hundredth(Math.min(cpuMs, slowestTestMs) / (testTimeoutMs * mostOfLimit))
  return needed > 0.5 ? null : needed
}

/** As little as can be, but a file of many tests is not to take more than ten seconds for that. */
function longStopsShare({ cpuMs }: Measured): number {
  return Math.min(0.25, Math.max(0.05, hundredth(cpuMs / 10_000)))
}

/** Over what was measured: what lives longer in one run than in another. */
const memoryMargin = 1.5
/** V8's young generation, of three times 16 MiB, may be full of garbage in one run and empty in the other. */
const memoryFloor = 64 * mib

function memoryCap({ memoryPeakBytes }: Measured): number | null {
  if (memoryPeakBytes === null) return null
  return Math.ceil(Math.max(memoryPeakBytes + memoryFloor, memoryPeakBytes * memoryMargin) / mib) * mib
}
