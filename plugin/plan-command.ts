// `nsbox plan`: what a test file's sandbox would be here. Does nothing.

import { print } from '../src/cli/print.ts'
import { poolOptions } from '../src/config/pool-options.ts'
import { sharedDirectories } from '../src/host/facts.ts'
import { Plans } from '../src/launch/plans.ts'
import { formatPlan } from '../src/plan/format.ts'
import { ownOptions } from './own-options.ts'
import { overlaysOf, workspaceDirectory } from './places.ts'
import { workspaceRoot } from './workspace-root.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG for options that are wrong */
export function printPlan(words: string[]): number {
  const { workspace, seal, uid, reach, hostname, disk } = poolOptions(ownOptions(words))
  const cwd = process.cwd()
  const own = [workspaceDirectory(workspace ?? workspaceRoot(cwd))]
  const overlays = overlaysOf(own, sharedDirectories(process.env))
  const request = { seal, uid, ...reach, hostname, disk, overlays, passThrough: [], visible: [], cwd }
  print(formatPlan(new Plans(request, process.env).next().plan))
  return 0
}
