// Whose changes are applied and exported: the project's. Those of HOME are thrown away.

import type { UpperLayer } from '../changes/changed.ts'
import { inodeAt } from '../changes/target.ts'
import { realHome } from '../host/home.ts'
import { innermost } from '../plan/paths.ts'

export interface Shares {
  project: UpperLayer[]
  /** Of a HOME that is named as an overlay too, as the repository around the project. */
  home: UpperLayer[]
}

/** `overlays` are the directories whose writes are kept apart, besides HOME: each has several layers when it holds mounts. */
export function sharesOf(layers: readonly UpperLayer[], overlays: readonly string[]): Shares {
  const home = homeAmong(overlays)
  const others = overlays.filter((path) => path !== home)
  const own = others.length > 0 ? others : overlays
  const all = home === undefined ? own : [...own, home]
  const within = (places: readonly string[]) => layers.filter(({ target }) => places.includes(innermost(all, target) ?? ''))
  return { project: within(own), home: within(overlays.filter((path) => !own.includes(path))) }
}

/** HOME as the overlays have it: a bind mount of it elsewhere, or by another name, is HOME too. */
function homeAmong(overlays: readonly string[]): string | undefined {
  const home = realHome()
  const inode = home === undefined ? undefined : inodeAt(home)
  return overlays.find((path) => inode !== undefined && inodeAt(path) === inode) ?? home
}
