// Where overlays keep what is written is found by trying.

import type { Plans } from '../launch/plans.ts'
import type { Outcome } from './supervise.ts'

/** Memory first, where anything will do: not every tmpfs can hold an overlay's marks (Linux 6.6). */
export async function withUpper<T extends { outcome: Outcome; release(): Promise<void> }>(
  plans: Plans,
  upper: 'auto' | 'tmpfs' | 'disk',
  attempt: () => Promise<T>,
): Promise<T> {
  if (upper === 'disk') await plans.useDisk()
  const tried = plans.upper
  const first = await attempt()
  if (first.outcome.error?.code !== 'ERR_NSBOX_UPPER_XATTR' || upper !== 'auto' || tried === 'disk') return first
  await first.release()
  await plans.useDisk()
  return attempt()
}
