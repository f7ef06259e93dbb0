// plan(): what would seal a sandbox here, as data.

import type { SandboxOptions } from '../config/run-options.ts'
import { sandboxOptions } from '../config/run-schema.ts'
import { Plans } from '../launch/plans.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { limitRequest } from './limit-request.ts'
import { sandboxRequest } from './request.ts'

/** Every step in its order, with its reason. Does nothing. @throws NsboxError ERR_NSBOX_CONFIG */
export async function plan(options: SandboxOptions = {}): Promise<SandboxPlan> {
  const [resolved, cwd] = [sandboxOptions(options, 'plan()'), process.cwd()]
  const { plan } = new Plans(await sandboxRequest(resolved, cwd), process.env).next()
  const limits = limitRequest(resolved, cwd)?.limits
  return limits ? { ...plan, limits } : plan
}
