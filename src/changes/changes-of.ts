// What a sandbox changed, from the upper directory of its overlay.

import { quoted } from '../quoted.ts'
import type { Change, UpperLayer } from './changed.ts'
import { type Difference, differencesBetween } from './differences.ts'
import { type Entry, factsOf } from './entry.ts'
import { asChangesError } from './failure.ts'
import { byName, nameOf, textOf } from './names.ts'
import { readably } from './readable-upper.ts'
import { atOnce, type Steps } from './steps.ts'
import { whyNotTarget } from './target.ts'
import { View } from './view.ts'

/** Sorted by path. A file that was only opened for writing is not among them. */
export function changesOf(layer: UpperLayer): Change[] {
  return atOnce(changesIn([layer]))
}

/** Those of several layers, one after the other. */
export function* changesIn(layers: readonly UpperLayer[]): Steps<Change[]> {
  const changes: Change[][] = []
  for (const layer of layers) changes.push(yield* changesOfOne(layer))
  return changes.flat()
}

function* changesOfOne(layer: UpperLayer): Steps<Change[]> {
  const { upper, lowers, target, ignore = [] } = layer
  try {
    requireSameTarget(layer)
    return yield* readably(upper, function* (modes) {
      const sides = { after: View.of([upper, ...lowers], modes), before: View.of(lowers, modes) }
      return asChanges(yield* differencesBetween(sides, target, ignore, modes), target)
    })
  } catch (error) {
    throw asChangesError('ERR_NSBOX_DIFF', `The changes of ${quoted(target)} cannot be read`, error)
  }
}

/** Right after a run. What was kept can be read wherever its target is now. */
function requireSameTarget(layer: UpperLayer): void {
  const why = layer.inode === undefined ? undefined : whyNotTarget(layer)
  if (why !== undefined) throw new Error(why)
}

export function asChanges(differences: readonly Difference[], target: string): Change[] {
  return differences
    .filter(({ kind }) => kind !== 'unchanged')
    .sort((a, b) => byName(a.path, b.path))
    .map((difference) => asChange(difference, target))
}

export function asChange({ path, kind, changed, after, before, gone, isTooDeep }: Difference, target: string): Change {
  const entries = gone?.count()
  const previous = before && { ...factsOf(before), ...(entries !== undefined && { entries }) }
  return {
    path: textOf(absolute(path, target)),
    kind: kind as Change['kind'],
    ...(after ? factsOf(after) : (previous ?? factsOf(before as unknown as Entry))),
    ...(kind === 'modified' && { changed }),
    ...(previous && { previous }),
    ...(isTooDeep && { tooDeep: true }),
  }
}

function absolute(path: string, target: string): string {
  const root = nameOf(target)
  if (path === '') return root
  return root === '/' ? `/${path}` : `${root}/${path}`
}
