// Everything that is tried in throwaway sandboxes. Only this part of the doctor needs koffi.

import { realpathSync } from 'node:fs'
import { describeError } from '../errors.ts'
import { realDirectory } from '../host/facts.ts'
import type { Restrictions } from '../host/restrictions.ts'
import { Plans } from '../launch/plans.ts'
import { Attempts } from './attempts.ts'
import { type Check, fail } from './check.ts'
import { checkFileSystems } from './file-systems.ts'
import { checkIdRanges } from './id-ranges.ts'
import { checkLoopback, checkMounts, checkNamespaceKinds, checkUserNamespace } from './namespaces.ts'
import { checkSelf } from './self-check.ts'

export interface Trials {
  /** Steps of a seal, one by one. */
  steps: Check[]
  ranges: Check[]
  whole: Check[]
}

export async function trials(cwd: string, host: Restrictions, env: NodeJS.ProcessEnv): Promise<Trials> {
  try {
    return await tryAll(plansFor(cwd, env), host, env)
  } catch (error) {
    return { steps: [fail('sandboxes', describeError(error), undefined)], ranges: [], whole: [] }
  }
}

async function tryAll(plans: Plans, host: Restrictions, env: NodeJS.ProcessEnv): Promise<Trials> {
  const mapIds = plans.next().plan.steps.find((step) => step.do === 'map-ids')
  if (!mapIds) throw new Error('The plan maps no ids')
  const attempts = new Attempts(env, mapIds)
  try {
    const steps = [
      await checkUserNamespace(attempts, host),
      await checkNamespaceKinds(attempts, host),
      await checkMounts(attempts, host),
      await checkLoopback(attempts, host),
      ...(await checkFileSystems(attempts, host)),
    ]
    const ranges = [await checkIdRanges(attempts, mapIds.writtenBy === 'zygote', env)]
    return { steps, ranges, whole: [await checkSelf(plans, host, env)] }
  } finally {
    await attempts.close()
    plans.close()
  }
}

/** As a run of vitest in this directory would be sealed. */
function plansFor(cwd: string, env: NodeJS.ProcessEnv): Plans {
  const overlays = [realDirectory(cwd)].filter((path) => path !== null)
  const common = { seal: 'require', uid: 'root', net: 'none', hostname: 'nsbox' } as const
  return new Plans({ ...common, passThrough: [], visible: [], overlays, cwd: realpathSync(cwd) }, env)
}
