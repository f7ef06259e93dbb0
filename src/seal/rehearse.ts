// What a zygote does once, before it forks: each of its sandboxes would do it again.

import type { SandboxPlan } from '../plan/plan.ts'
import { prepareInterface } from '../sys/interface.ts'

export function rehearseSeal({ steps }: SandboxPlan): void {
  for (const step of steps) if (step.do === 'interface') prepareInterface(step)
}
