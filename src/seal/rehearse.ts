// Work that a zygote does once before it forks, so that its sandboxes need not repeat it.

import type { SandboxPlan } from '../plan/plan.ts'
import { prepareInterface } from '../sys/interface.ts'

export function rehearseSeal({ steps }: SandboxPlan): void {
  for (const step of steps) if (step.do === 'interface') prepareInterface(step)
}
