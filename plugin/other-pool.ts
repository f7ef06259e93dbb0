// A pool that the words of a command name, and that is not nsbox's.

import { configError } from '../src/errors.ts'

/** Undefined where none is named. vitest has made one that is given as a word into its option. */
export function otherPool({ pool }: { pool?: unknown }): string | undefined {
  return pool === undefined || pool === 'nsbox' ? undefined : String(pool)
}

/** For what no other pool can do. @throws NsboxError ERR_NSBOX_CONFIG */
export function refuseOtherPool(options: { pool?: unknown }): void {
  const pool = otherPool(options)
  if (pool !== undefined) throw configError(`--pool=${pool} cannot be used here: every attempt runs in nsbox's own pool. Remove it`)
}
