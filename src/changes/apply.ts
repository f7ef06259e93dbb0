// Merges what a sandbox changed into the target: each file at once or not at all, and one that fails does not hold up the others.

import { quoted } from '../quoted.ts'
import { ApplyError, conflictError } from './apply-error.ts'
import type { Change, UpperLayer } from './changed.ts'
import { asChange, asChanges } from './changes-of.ts'
import { conflictsOf } from './conflicts.ts'
import type { Difference } from './differences.ts'
import { asChangesError, together } from './failure.ts'
import { Merge } from './merge.ts'
import { byName } from './names.ts'
import { type ApplyPlan, differencesToTarget, requireTarget } from './plan-apply.ts'
import { withReadable } from './readable-upper.ts'

export interface Applied {
  applied: Change[]
  /** Sockets and devices: they were left out. */
  skipped: Change[]
}

/**
 * Looks for conflicts again before the first write: time may have passed since the plan.
 * @throws ApplyError that says what was applied and what was not
 */
export function applyChanges({ layer, startedMs }: ApplyPlan): Applied {
  const { target } = layer
  try {
    requireTarget(layer)
    return withReadable(layer.upper, (modes) => {
      const { differences, skipped } = differencesToTarget(layer, modes)
      const conflicts = conflictsOf(differences, target, startedMs)
      if (conflicts.length > 0) throw conflictError(target, conflicts)
      return { applied: merge(differences, layer, startedMs), skipped: asChanges(skipped, target) }
    })
  } catch (error) {
    throw asChangesError('ERR_NSBOX_APPLY', `The changes of ${quoted(target)} cannot be applied`, error)
  }
}

/** One after the other: none is held up by another's failure. @throws what failed */
export function applyAll(plans: readonly ApplyPlan[]): Applied[] {
  const failures: unknown[] = []
  const applied = plans.flatMap((plan) => {
    try {
      return [applyChanges(plan)]
    } catch (error) {
      failures.push(error)
      return []
    }
  })
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : together(failures)
  return applied
}

function merge(differences: readonly Difference[], layer: UpperLayer, startedMs: number): Change[] {
  const { target } = layer
  // What a change was is told now: counting needs what is there before.
  const changes = differences
    .filter(({ kind }) => kind !== 'unchanged')
    .sort((a, b) => byName(a.path, b.path))
    .map((difference) => ({ difference, change: asChange(difference, target) }))
  const merge = new Merge(layer, startedMs)
  merge.run(differences)
  const [done, left] = [true, false].map((isDone) =>
    changes.flatMap(({ difference, change }) => (merge.applied.has(difference) === isDone ? [change] : [])),
  ) as [Change[], Change[]]
  if (merge.failures.length + merge.incomplete.length > 0) throw new ApplyError(target, merge, done, left)
  return done
}
