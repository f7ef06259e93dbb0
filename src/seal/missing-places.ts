// Makes mount points that an overlay lacks in a layer below all others, so that they do not show up as changes.

import { lstatSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SealAction } from '../plan/plan.ts'

export interface MountPlace {
  /** Relative to the overlay. */
  path: string
  isDirectory: boolean
}

/** Returns where a step mounts something, if it makes a missing mount point. */
export function placeOfStep(step: SealAction): string | undefined {
  switch (step.do) {
    case 'bind':
    case 'tmpfs':
    case 'overlay':
      return step.target
    case 'dev':
      return '/dev'
    case 'proc':
      return '/proc'
    default:
      return undefined
  }
}

/** Makes the places that no lower has in `layer`, with their parents. Returns false if there are none. */
export function makeMissing(places: readonly MountPlace[], lowers: readonly string[], layer: string): boolean {
  const missing = places.filter(({ path }) => isMissing(path, lowers))
  for (const { path, isDirectory } of missing) {
    mkdirSync(isDirectory ? `${layer}/${path}` : `${layer}/${dirname(path)}`, { recursive: true })
    if (!isDirectory) writeFileSync(`${layer}/${path}`, '')
  }
  return missing.length > 0
}

/** Returns false if a link or a file is on the way: the mount point is then somewhere else, or impossible. */
function isMissing(path: string, lowers: readonly string[]): boolean {
  let reached = ''
  for (const name of path.split('/')) {
    reached += `/${name}`
    const found = lowers.map((lower) => typeAt(lower + reached)).find((type) => type !== 'nothing')
    if (found === undefined) return true
    if (found !== 'directory') return false
  }
  return false
}

function typeAt(path: string): 'directory' | 'other' | 'nothing' {
  try {
    return lstatSync(path).isDirectory() ? 'directory' : 'other'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'nothing' : 'other'
  }
}
