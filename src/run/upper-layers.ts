// What the overlays of an ended sandbox keep, as the host reaches it.

import type { UpperLayer } from '../changes/changed.ts'
import { inodeAt } from '../changes/target.ts'
import { idMapsOf } from '../plan/id-maps.ts'
import type { SandboxPlan } from '../plan/plan.ts'

/** Inodes of the overlays' targets, in the order of the plan, before its sandbox starts. */
export function targetInodes(plan: SandboxPlan): (string | undefined)[] {
  return overlaysOf(plan).map((step) => inodeAt(targetOf(step)))
}

/**
 * `scratch` is a path to the directory that holds the uppers: number N in the order of the plan is `N/upper`. `inodes` are those of
 * {@link targetInodes}.
 */
export function upperLayers(plan: SandboxPlan, scratch: string, inodes: readonly (string | undefined)[] = []): UpperLayer[] {
  const mountPoints = plan.steps.flatMap((step) => ('target' in step ? [step.target] : []))
  const ids = idMapsOf(plan)
  return overlaysOf(plan).map((step, index) => {
    const target = targetOf(step)
    const inode = inodes[index]
    // Below another root, targets are those of the sandbox, not of the host.
    const own = step.do === 'overlay' ? mountPoints : mountPoints.map((path) => (path === '/' ? target : `${target}${path}`))
    return {
      target,
      upper: `${scratch}/${index}/upper`,
      lowers: [...step.layers, target],
      ignore: own.filter((path) => path !== target),
      ...(inode !== undefined && { inode }),
      ...(ids && { ids }),
    }
  })
}

type Overlay = Extract<SandboxPlan['steps'][number], { do: 'overlay' | 'pivot-root' }>

function overlaysOf({ steps }: SandboxPlan): Overlay[] {
  return steps.filter((step) => step.do === 'overlay' || step.do === 'pivot-root')
}

function targetOf(step: Overlay): string {
  return step.do === 'overlay' ? step.target : step.rootfs
}
