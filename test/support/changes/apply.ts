// Plans and applies without pauses, for tests of what comes of it.

import { type Applied, applyChanges as applyInSteps } from '../../../src/changes/apply.ts'
import type { UpperLayer } from '../../../src/changes/changed.ts'
import { type ApplyPlan, planApply as planInSteps } from '../../../src/changes/plan-apply.ts'
import { atOnce } from '../../../src/changes/steps.ts'

export function planApply(layer: UpperLayer, startedMs: number): ApplyPlan {
  return atOnce(planInSteps(layer, startedMs))
}

export function applyChanges(plan: ApplyPlan): Applied {
  return atOnce(applyInSteps(plan))
}
