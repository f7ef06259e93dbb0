// Whose changes are applied and exported: the project's. Those of HOME are thrown away.

import { resolve } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
import { inodeAt } from '../changes/target.ts'
import { homeDirectory } from '../host/home.ts'
import { innermost } from '../plan/paths.ts'
import { realPlace } from '../sys/real-file.ts'

export interface Shares {
  project: UpperLayer[]
  /** Of a HOME that is named as an overlay too, as the repository around the project. */
  home: UpperLayer[]
}

/** `overlays` are the directories whose writes are kept apart, besides HOME: each has several layers when it holds mounts. */
export function sharesOf(layers: readonly UpperLayer[], overlays: readonly string[]): Shares {
  const home = homeAmong(overlays)
  const own = overlays.some((path) => path !== home) ? overlays.filter((path) => path !== home) : overlays
  const all = home === undefined || own.includes(home) ? own : [...own, home]
  const liesIn = ({ target }: UpperLayer) => innermost(all, target)
  return {
    project: layers.filter((layer) => own.includes(liesIn(layer) ?? '')),
    home: home !== undefined && overlays.includes(home) ? layers.filter((layer) => !own.includes(home) && liesIn(layer) === home) : [],
  }
}

/** HOME as the overlays have it: a bind mount of it elsewhere, or by another name, is HOME too. */
function homeAmong(overlays: readonly string[]): string | undefined {
  const named = homeDirectory()
  if (named === undefined) return undefined
  const real = realPlace(resolve(named))
  const inode = inodeAt(real)
  return overlays.find((path) => inode !== undefined && inodeAt(path) === inode) ?? real
}
