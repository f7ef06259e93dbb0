// Which files have tests, before the first attempt.

import type { Found } from '../stress/attempt.ts'
import type { AttemptPool } from '../stress/attempt-pool.ts'
import { exitStatus } from '../stress/exit-status.ts'
import { startFailure } from './start-failure.ts'

/** A number is the exit code of what stood in the way, which is told. @throws NsboxError ERR_NSBOX_CONFIG */
export async function findIn(pool: AttemptPool, signal: AbortSignal, where: string): Promise<Found | number> {
  try {
    return await pool.find()
  } catch (error) {
    if (signal.aborted) return exitStatus.interrupted
    return startFailure(error, where)
  }
}
