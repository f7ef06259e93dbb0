// `nsbox plan`: what a test file's sandbox would be here. Does nothing.

import { poolOptions } from '../src/config/pool-options.ts'
import { hostFacts } from '../src/host/facts.ts'
import { formatPlan } from '../src/plan/format.ts'
import { sandboxPlan } from '../src/plan/sandbox-plan.ts'
import { ownOptions } from './own-options.ts'
import { workspaceDirectory } from './places.ts'
import { workspaceRoot } from './workspace-root.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong */
export function printPlan(words: string[]): number {
  const { workspace, seal, uid, reach, hostname, disk } = poolOptions(ownOptions(words))
  const cwd = process.cwd()
  const overlays = [workspaceDirectory(workspace ?? workspaceRoot(cwd))]
  const request = { seal, uid, ...reach, hostname, disk, overlays, passThrough: [], visible: [], cwd }
  console.log(formatPlan(sandboxPlan(request, { ...hostFacts(process.env, overlays), upper: { on: 'tmpfs' } })))
  return 0
}
