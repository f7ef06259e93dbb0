// Everything that is tried in throwaway sandboxes. Only this part of the doctor needs koffi.

import { realpathSync } from 'node:fs'
import { describeError } from '../errors.ts'
import { overlayDirectory } from '../host/facts.ts'
import type { Restrictions } from '../host/restrictions.ts'
import { Plans } from '../launch/plans.ts'
import { Attempts } from './attempts.ts'
import { type Check, fail } from './check.ts'
import { checkFileSystems } from './file-systems.ts'
import { guarded } from './guarded.ts'
import { checkIdRanges } from './id-ranges.ts'
import { checkLoopback, checkMounts, checkNamespaceKinds, checkTimeNamespace, checkUserNamespace } from './namespaces.ts'
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
      ...(await guarded('user namespace', () => checkUserNamespace(attempts, host))),
      ...(await guarded('namespaces', () => checkNamespaceKinds(attempts, host))),
      ...(await guarded('time namespace', () => checkTimeNamespace(attempts, host))),
      ...(await guarded('mounts', () => checkMounts(attempts, host))),
      ...(await guarded('loopback', () => checkLoopback(attempts, host))),
      ...(await guarded('file systems', () => checkFileSystems(attempts, host))),
    ]
    const ranges = await guarded('uid ranges', () => checkIdRanges(attempts, mapIds.writtenBy === 'zygote', env))
    return { steps, ranges, whole: await guarded('self-check', () => checkSelf(plans, host, env)) }
  } finally {
    await attempts.close()
    plans.close()
  }
}

/** As a run of vitest in this directory would be sealed. */
function plansFor(cwd: string, env: NodeJS.ProcessEnv): Plans {
  const overlays = [overlayDirectory(cwd)].filter((path) => path !== null)
  const common = { seal: 'require', uid: 'root', net: 'none', hostname: 'nsbox' } as const
  return new Plans({ ...common, passThrough: [], visible: [], overlays, cwd: realpathSync(cwd) }, env)
}
