// A step and its reason.

import type { LastStep, SealAction, SealStep } from './plan.ts'

export function step(why: string, action: SealAction): SealStep {
  return { why, ...action }
}

/** What a report calls a step: `overlay /home/me/project`. */
export function stepName(step: SealStep | LastStep): string {
  if ('target' in step) return `${step.do} ${step.target}`
  return step.do === 'rlimit' ? `rlimit ${step.resource}` : step.do
}
