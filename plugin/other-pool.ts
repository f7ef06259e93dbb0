// A pool other than nsbox's on the command line.

import { configError } from '../src/errors.ts'
import { quoted } from '../src/quoted.ts'

/** Its name, or undefined. */
export function otherPool({ pool }: { pool?: unknown }): string | undefined {
  return pool === undefined || pool === 'nsbox' ? undefined : String(pool)
}

/** Refuses one where only nsbox's pool works. @throws NsboxError ERR_NSBOX_CONFIG */
export function refuseOtherPool(options: { pool?: unknown }): void {
  const pool = otherPool(options)
  if (pool !== undefined) throw configError(`--pool=${quoted(pool)} cannot be used here: every attempt runs in nsbox's own pool. Remove it`)
}
