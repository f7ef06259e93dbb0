// Words for how limits are held on this machine, before any is.

import { notHeld } from '../src/launch/sandbox-limits.ts'
import type { LimitMeans, LimitPlan } from '../src/plan/limit-plan.ts'
import type { LimitName } from '../src/plan/limits.ts'

/** @throws NsboxError ERR_NSBOX_LIMIT for the first limit that nothing can hold */
export function throwMissing({ missing: [first] }: LimitPlan): void {
  if (first) throw notHeld(first)
}

/** Undefined where the kernel holds all of them by cgroups. */
export function describeEmulation({ emulated, held }: LimitPlan, { controllers, why }: LimitMeans): string | undefined {
  const how = (Object.keys(emulated) as LimitName[]).map((name) => `${name} by ${held[name]?.replace(/^emulated by /, '')}`)
  const lacking = controllers.length > 0 ? 'no cgroup for them' : 'no cgroup'
  return how.length > 0 ? `limits are emulated here (${how.join('; ')}): ${lacking}: ${why}` : undefined
}
