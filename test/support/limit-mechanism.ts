// What holds limits on this machine.

import type { LimitOptions } from '../../src/config/limit-options.ts'
import type { LimitName } from '../../src/plan/limits.ts'
import { run } from './built-library.ts'

/** Of these limits, those that no cgroup holds here. */
export async function emulatedHere(limits: LimitOptions): Promise<LimitName[]> {
  const { limits: held } = await run({ command: ['true'], overlays: [], ...limits })
  return (Object.keys(held) as LimitName[]).filter((name) => !held[name]?.startsWith('cgroup '))
}
