// A step and its reason.

import type { SealAction, SealStep } from './plan.ts'

export function step(why: string, action: SealAction): SealStep {
  return { why, ...action }
}
