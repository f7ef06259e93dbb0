// What of the host's files a sandbox of this plan shows as they are: decided by the plan and the host's own paths, which
// nothing inside can change.

import type { MountPoint } from '../sys/mount-points.ts'
import { isWithin } from './paths.ts'
import type { SandboxPlan, SealAction } from './plan.ts'
import { otherPathsOf, views } from './views.ts'

interface Place {
  path: string
  isShown: boolean
  /** What is written there is the host's. */
  isShared?: true
}

/** Answers for real paths. `mounts` are the host's: a private directory is hidden wherever it is mounted. */
export function hostView({ namespaces, steps }: SandboxPlan, mounts: readonly MountPoint[]): (path: string) => boolean {
  if (!namespaces.includes('mount')) return () => true
  const places = steps.flatMap((step) => placesOf(step, mounts))
  return (path) => innermost(places, path)?.isShown ?? true
}

/** True for a real path at which the sandbox and the host write to the same file. */
export function isShared({ namespaces, steps }: SandboxPlan, path: string): boolean {
  if (!namespaces.includes('mount')) return true
  return (
    innermost(
      steps.flatMap((step) => placesOf(step, [])),
      path,
    )?.isShared === true
  )
}

/** As with mounts: the innermost one, and of several at one place the last. */
function innermost(places: readonly Place[], path: string): Place | undefined {
  let last: Place | undefined
  for (const place of places) if (isWithin(path, place.path) && (!last || place.path.length >= last.path.length)) last = place
  return last
}

function placesOf(step: SealAction, mounts: readonly MountPoint[]): Place[] {
  const hidden = (...paths: string[]): Place[] => paths.map((path) => ({ path, isShown: false }))
  switch (step.do) {
    case 'cover':
      return [
        ...hidden(...step.places.flatMap((path) => otherPathsOf(path, mounts))),
        ...hidden(...mounts.filter(({ type }) => Object.values(views).some((view) => view?.type === type)).map(({ path }) => path)),
      ]
    case 'tmpfs':
    case 'mask':
    case 'lines':
    case 'cgroup':
      return hidden(step.target)
    case 'hide':
      return hidden(...step.paths)
    case 'proc':
      return hidden('/proc')
    case 'sys':
      return hidden('/sys')
    case 'dev':
      return hidden('/dev')
    case 'overlay':
      return [{ path: step.target, isShown: true }]
    case 'bind': {
      const isShown = step.source === step.target
      return [{ path: step.target, isShown, ...(isShown && step.writable && { isShared: true }) }]
    }
    case 'pivot-root':
      return hidden('/')
    default:
      return []
  }
}
