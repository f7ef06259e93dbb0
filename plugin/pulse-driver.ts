// Stops all processes of a sandbox again and again while its file runs.

import type { Knobs } from '../src/stress/knobs.ts'
import type { WorkerSandbox } from './workers.ts'

/** From now on, until the function that it answers is called. */
export function drivePulses(_worker: WorkerSandbox, _knobs: Knobs): () => void {
  return () => undefined
}
