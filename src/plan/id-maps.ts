// Which ids exist inside.

import type { HostFacts, SubordinateRange } from './host-facts.ts'
import type { IdMaps, IdRange, SandboxPlan } from './plan.ts'
import type { RunRequest, SandboxRequest } from './request.ts'

/** Root has all its ids inside too: files of a project may belong to anyone, and programs change users. */
export function idMaps(
  { uid }: Pick<SandboxRequest, 'uid'>,
  { mapRange }: RunRequest,
  host: Pick<HostFacts, 'uid' | 'gid' | 'mappable' | 'subordinate'>,
): IdMaps {
  if (host.mappable) return { ...host.mappable, writtenBy: 'zygote' }
  const inside = (outside: number) => (uid === 'root' ? 0 : outside)
  if (mapRange === 'auto') {
    return {
      uid: withSubordinates(inside(host.uid), host.uid, host.subordinate.uid),
      gid: withSubordinates(inside(host.gid), host.gid, host.subordinate.gid),
      writtenBy: 'newuidmap',
    }
  }
  const only = (outside: number): IdRange[] => [{ inside: inside(outside), outside, count: 1 }]
  return { uid: only(host.uid), gid: only(host.gid), writtenBy: 'init' }
}

/** The caller's id at its place, and the granted ones in the free places around it, from 0 up. */
function withSubordinates(inside: number, outside: number, granted: SubordinateRange[]): IdRange[] {
  const ranges: IdRange[] = []
  let next = 0
  for (const range of granted) {
    let { outside: from, count } = range
    if (next < inside && next + count > inside) {
      ranges.push({ inside: next, outside: from, count: inside - next })
      from += inside - next
      count -= inside - next
      next = inside
    }
    if (next === inside) next += 1
    if (count > 0) ranges.push({ inside: next, outside: from, count })
    next += count
  }
  return [{ inside, outside, count: 1 }, ...ranges]
}

/** What a plan maps. */
export function idMapsOf({ steps }: SandboxPlan): IdMaps | undefined {
  return steps.find((step) => step.do === 'map-ids')
}

export function needsNewuidmap(plan: SandboxPlan): boolean {
  return idMapsOf(plan)?.writtenBy === 'newuidmap'
}
