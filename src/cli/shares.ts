// Whose changes are applied and exported: the project's. Those of HOME are thrown away.

import { resolve } from 'node:path'
import type { UpperLayer } from '../changes/changed.ts'
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
  const named = homeDirectory()
  const home = named === undefined ? undefined : realPlace(resolve(named))
  const own = overlays.some((path) => path !== home) ? overlays.filter((path) => path !== home) : overlays
  const all = home === undefined || own.includes(home) ? own : [...own, home]
  const liesIn = ({ target }: UpperLayer) => innermost(all, target)
  return {
    project: layers.filter((layer) => own.includes(liesIn(layer) ?? '')),
    home: home !== undefined && overlays.includes(home) ? layers.filter((layer) => !own.includes(home) && liesIn(layer) === home) : [],
  }
}
