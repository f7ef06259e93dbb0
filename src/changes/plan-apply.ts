// What applying would do to the target, and what speaks against it. Writes nothing.

import { quoted } from '../quoted.ts'
import { conflictError } from './apply-error.ts'
import type { Change, UpperLayer } from './changed.ts'
import { asChanges } from './changes-of.ts'
import { type Conflict, conflictsOf } from './conflicts.ts'
import { type Difference, differencesBetween } from './differences.ts'
import type { TrueModes } from './entry.ts'
import { asChangesError } from './failure.ts'
import { readably } from './readable-upper.ts'
import type { Steps } from './steps.ts'
import { whyNotTarget } from './target.ts'
import { View } from './view.ts'

export interface ApplyPlan {
  layer: UpperLayer
  startedMs: number
  /** What applying does. With lowers that were kept, theirs too: the target becomes what the sandbox saw. */
  changes: Change[]
  /** Sockets and devices: they are left out. */
  skipped: Change[]
  /** Not empty: applying is refused. */
  conflicts: Conflict[]
}

/** `startedMs` is when the sandbox was started, as Date.now() has it. */
export function* planApply(layer: UpperLayer, startedMs: number): Steps<ApplyPlan> {
  const { target } = layer
  try {
    requireTarget(layer)
    return yield* readably(layer.upper, function* (modes) {
      const { differences, skipped } = yield* differencesToTarget(layer, modes)
      const conflicts = conflictsOf(differences, layer, startedMs)
      return { layer, startedMs, changes: asChanges(differences, target), skipped: asChanges(skipped, target), conflicts }
    })
  } catch (error) {
    throw asChangesError('ERR_NSBOX_DIFF', `The changes of ${quoted(target)} cannot be read`, error)
  }
}

/** One layer after the other. */
export function* planApplyAll(layers: readonly UpperLayer[], startedMs: number): Steps<ApplyPlan[]> {
  const plans: ApplyPlan[] = []
  for (const layer of layers) plans.push(yield* planApply(layer, startedMs))
  return plans
}

/** @throws NsboxError ERR_NSBOX_CONFLICT when the target is another directory than before the sandbox started */
export function requireTarget(layer: UpperLayer): void {
  const reason = whyNotTarget(layer)
  if (reason !== undefined) throw conflictError(layer.target, [{ path: layer.target, reason }])
}

/** The target is read by its own path: a lower may be the same directory by another. */
export function* differencesToTarget(layer: UpperLayer, modes: TrueModes): Steps<{ differences: Difference[]; skipped: Difference[] }> {
  const { upper, lowers, target, ignore = [] } = layer
  const sides = { after: View.of([upper, ...lowers.slice(0, -1), target], modes), before: View.of([target], modes) }
  const all = yield* differencesBetween(sides, target, ignore, modes)
  const isSkipped = ({ after }: Difference) => after?.type === 'socket' || after?.type === 'device'
  return { differences: all.filter((difference) => !isSkipped(difference)), skipped: all.filter(isSkipped) }
}
