// What of this machine a campaign may take, and what of it one attempt is given.

import { availableParallelism, freemem } from 'node:os'
import type { Share } from './admission.ts'
import type { AttemptOrder } from './attempt.ts'

/** The rest is the machine's own. */
const memoryPart = 0.8
/** A worker process with its vitest, and the zygote beside it. */
const workerBytes = 384 * 1024 ** 2
/** Of a file that nobody has measured yet: vitest's worker has some 60 MiB, before any test. */
const unknownBytes = 256 * 1024 ** 2
/** Over what was measured: no two runs are alike. */
const margin = 1.25

/** Processors this process may run on (sched_getaffinity(2), `cpu.max`), and MemAvailable (proc(5)) or `memory.max`, whichever is less. */
export function machineHere(): Share {
  // A very large number where there is no cap, and 0 where nobody can tell.
  const capped = process.constrainedMemory() || Number.POSITIVE_INFINITY
  return { cpus: availableParallelism(), memoryBytes: Math.min(freemem(), capped) * memoryPart }
}

/** How many worker processes, unless somebody says. */
export function jobsFor({ cpus, memoryBytes }: Share): number {
  return Math.max(1, Math.min(cpus, Math.floor(memoryBytes / (workerBytes + unknownBytes))))
}

/** What is left for sandboxes beside the worker processes. */
export function forSandboxes({ cpus, memoryBytes }: Share, jobs: number): Share {
  return { cpus, memoryBytes: Math.max(unknownBytes, memoryBytes - jobs * workerBytes) }
}

/** @param measuredBytes most that the file was seen to need */
export function shareOf({ knobs: { cpu, memory, twins = 1 } }: AttemptOrder, measuredBytes: number | undefined): Share {
  const needed = measuredBytes === undefined ? unknownBytes : measuredBytes * margin
  return { cpus: (cpu?.share ?? 1) * twins, memoryBytes: (memory ?? needed) * twins }
}
