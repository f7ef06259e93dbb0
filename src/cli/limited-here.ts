// Where the limits of a command come from: maybe after this process has begun once more, in a scope of systemd's.

import type { RunFlags } from '../config/run-flags.ts'
import { findLimits, type Limited } from '../launch/limited.ts'
import { descriptorsOf } from './named-descriptors.ts'
import { limitsRequestedHere } from './request-here.ts'
import { callersEnvironment, isRestartedInScope, restartInScope } from './restart.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG, or ERR_NSBOX_CGROUP when a cgroup was asked for and cannot be had */
export async function limitedHere(flags: RunFlags): Promise<Limited> {
  const limited = await findLimits(await limitsRequestedHere(flags.sandbox), callersEnvironment(), isRestartedInScope())
  const home = limited?.source.home
  if (!limited || home?.kind !== 'scope') return limited
  return restartInScope(descriptorsOf(flags))
}
