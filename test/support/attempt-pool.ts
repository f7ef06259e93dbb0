// Attempts by worker processes as they were built, which start in a third of the CPU time that their sources need.

import { join } from 'node:path'
import type { CampaignSetting } from '../../src/stress/attempt.ts'
import { AttemptPool, type AttemptPoolOptions } from '../../src/stress/attempt-pool.ts'
import { repository } from './sandbox.ts'

export function attemptPool(setting: CampaignSetting, options: AttemptPoolOptions): AttemptPool {
  const entries = { relay: join(repository, 'dist/attempt-relay.js'), attempts: join(repository, 'dist/attempts.js') }
  return new AttemptPool(setting, { ...options, entries })
}
