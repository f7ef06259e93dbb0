// What the overlays of an ended sandbox keep, as the host reaches it.

import { existsSync } from 'node:fs'
import type { UpperLayer } from '../changes/changed.ts'
import { type DirectoryInodes, directoriesIn } from '../changes/directories.ts'
import { inodeAt } from '../changes/target.ts'
import { realHome } from '../host/home.ts'
import { idMapsOf } from '../plan/id-maps.ts'
import type { SandboxPlan } from '../plan/plan.ts'

/** What an overlay's target is before its sandbox starts. */
export interface TargetBefore {
  inode: string | undefined
  /** Where its changes may be applied. */
  directories: DirectoryInodes | undefined
}

/** In the order of the plan. HOME as a whole is never the project. */
export function targetsBefore(plan: SandboxPlan, mayApply: boolean): TargetBefore[] {
  const home = realHome()
  return overlaysOf(plan).map((step) => {
    const target = targetOf(step)
    return { inode: inodeAt(target), directories: mayApply && target !== home ? directoriesIn(target) : undefined }
  })
}

/**
 * `scratch` is a path to the directory that holds the uppers: number N in the order of the plan is `N/upper`. `before` is from
 * {@link targetsBefore}.
 */
export function upperLayers(plan: SandboxPlan, scratch: string, before: readonly TargetBefore[] = []): UpperLayer[] {
  const mountPoints = plan.steps.flatMap((step) => ('target' in step ? [step.target] : []))
  const ids = idMapsOf(plan)
  return overlaysOf(plan).flatMap((step, index) => {
    const target = targetOf(step)
    if ('ifThere' in step && !existsSync(`${scratch}/${index}`)) return []
    const { inode, directories } = before[index] ?? {}
    // Below another root, targets are those of the sandbox, not of the host.
    const own = step.do === 'overlay' ? mountPoints : mountPoints.map((path) => (path === '/' ? target : `${target}${path}`))
    return {
      target,
      upper: `${scratch}/${index}/upper`,
      lowers: [...step.layers, target],
      ignore: own.filter((path) => path !== target),
      ...(inode !== undefined && { inode }),
      ...(directories && { directories }),
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
