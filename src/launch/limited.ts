// Launches a sandbox under the limits that were asked for.

import type { EmulatedLimits } from '../plan/limits.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import type { LimitRequest, SandboxRequest } from '../plan/request.ts'
import { LimitSource } from './limit-source.ts'
import type { Plans } from './plans.ts'
import { SandboxLimits } from './sandbox-limits.ts'

/** What a sandbox is launched with, besides its payload. */
export interface Prepared {
  plan: SandboxPlan
  limits: SandboxLimits
  /** When it has ended and its accounts have been read. */
  release(): Promise<void>
}

/** Where limits come from, and which; null where none were asked for. */
export type Limited = { source: LimitSource; request: LimitRequest } | null

/** Where they can come from on this machine. @throws NsboxError ERR_NSBOX_CGROUP when a cgroup was asked for and cannot be had */
export async function findLimits(request: LimitRequest | null, env: NodeJS.ProcessEnv, inScope = false): Promise<Limited> {
  return request && { request, source: await LimitSource.find({ ...request, inScope, env }) }
}

/**
 * The plan of the next sandbox of `pid`'s, and its limits, set already.
 * @throws NsboxError ERR_NSBOX_LIMIT for one that cannot be held, when the seal is `require`
 */
export function prepare(plans: Plans, limited: Limited, pid: number, change: Partial<SandboxRequest> = {}): Prepared {
  const { seal } = plans
  const limits = limited ? limited.source.limiter(pid).next(seal) : SandboxLimits.none(seal)
  try {
    const emulated: EmulatedLimits = limited ? limits.begin(limited.request.limits) : {}
    const { plan, release } = plans.next({
      ...change,
      ...(Object.keys(emulated).length > 0 && { emulated }),
      limitFiles: limited !== null,
      ownCgroup: limits.cgroup !== undefined,
    })
    return {
      plan,
      limits,
      release: async () => {
        release()
        await limits.release()
      },
    }
  } catch (error) {
    limits.release().catch(() => undefined)
    throw error
  }
}
