// What the overlays of an ended sandbox keep, as the host reaches it.

import type { UpperLayer } from '../changes/changed.ts'
import type { SandboxPlan } from '../plan/plan.ts'

/** `scratch` is a path to the directory that holds the uppers: number N in the order of the plan is `N/upper`. */
export function upperLayers(plan: SandboxPlan, scratch: string): UpperLayer[] {
  const mountPoints = plan.steps.flatMap((step) => ('target' in step ? [step.target] : []))
  const overlays = plan.steps.filter((step) => step.do === 'overlay' || step.do === 'pivot-root')
  return overlays.map((step, index) => {
    const target = step.do === 'overlay' ? step.target : step.rootfs
    // Below another root, targets are those of the sandbox, not of the host.
    const own = step.do === 'overlay' ? mountPoints : mountPoints.map((path) => (path === '/' ? target : `${target}${path}`))
    return {
      target,
      upper: `${scratch}/${index}/upper`,
      lowers: [...step.layers, target],
      ignore: own.filter((path) => path !== target),
    }
  })
}
