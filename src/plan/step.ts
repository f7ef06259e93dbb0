// A step and its reason.

import type { LastStep, SandboxPlan, SealAction, SealStep } from './plan.ts'

export function step(why: string, action: SealAction): SealStep {
  return { why, ...action }
}

/** What a report calls a step: `overlay /home/me/project`. */
export function stepName(step: SealStep | LastStep): string {
  if ('target' in step) return `${step.do} ${step.target}`
  return step.do === 'rlimit' ? `rlimit ${step.resource}` : step.do
}

/** True when the sandbox may go on after this step has failed. */
export function mayBeLeftOut(step: SealStep | LastStep, { seal, steps }: Pick<SandboxPlan, 'seal' | 'steps'>): boolean {
  if (seal === 'optional' || ('optional' in step && step.optional)) return true
  return seal === 'prefer' && !keepsFiles(step, steps)
}

/** True for throwaway layers, and for the mounts that hold what is written to them. */
function keepsFiles(step: SealStep | LastStep, steps: readonly SealStep[]): boolean {
  if (step.do === 'overlay' || step.do === 'pivot-root') return true
  return 'target' in step && steps.some((other) => 'scratch' in other && other.scratch === step.target)
}
