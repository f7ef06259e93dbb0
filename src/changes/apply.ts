// Merges what a sandbox changed into the target: each file at once or not at all, and one that fails does not hold up the others.

import type { NsboxError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { ApplyError, conflictError, interruptedError } from './apply-error.ts'
import type { Change, UpperLayer } from './changed.ts'
import { asChange, asChanges } from './changes-of.ts'
import { conflictsOf } from './conflicts.ts'
import type { Difference } from './differences.ts'
import { asChangesError, together } from './failure.ts'
import { Merge } from './merge.ts'
import { byName } from './names.ts'
import { type ApplyPlan, differencesToTarget, requireTarget } from './plan-apply.ts'
import { readably } from './readable-upper.ts'
import { isInterruption, type Steps } from './steps.ts'

export interface Applied {
  applied: Change[]
  /** Sockets and devices: they were left out. */
  skipped: Change[]
}

/**
 * Looks for conflicts again before the first write: time may have passed since the plan.
 * @throws ApplyError that says what was applied and what was not
 */
export function* applyChanges({ layer, startedMs }: ApplyPlan): Steps<Applied> {
  const { target } = layer
  try {
    requireTarget(layer)
    return yield* readably(layer.upper, function* (modes) {
      const { differences, skipped } = yield* differencesToTarget(layer, modes)
      const conflicts = conflictsOf(differences, layer, startedMs)
      if (conflicts.length > 0) throw conflictError(target, conflicts)
      return { applied: yield* merge(differences, layer, startedMs), skipped: asChanges(skipped, target) }
    })
  } catch (error) {
    throw asChangesError('ERR_NSBOX_APPLY', `The changes of ${quoted(target)} cannot be applied`, error)
  }
}

/** One after the other: none is held up by another's failure. An interruption is the end of all. @throws what failed */
export function* applyAll(plans: readonly ApplyPlan[]): Steps<Applied[]> {
  const failures: unknown[] = []
  const applied: Applied[] = []
  for (const plan of plans) {
    try {
      applied.push(yield* applyChanges(plan))
    } catch (error) {
      if (isInterruption(error)) throw failures.length === 0 ? error : together([error, ...failures])
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : together(failures)
  return applied
}

function* merge(differences: readonly Difference[], layer: UpperLayer, startedMs: number): Steps<Change[]> {
  const { target } = layer
  // What a change was is told now: counting needs what is there before.
  const changes = differences
    .filter(({ kind }) => kind !== 'unchanged')
    .sort((a, b) => byName(a.path, b.path))
    .map((difference) => ({ difference, change: asChange(difference, target) }))
  const merge = new Merge(layer, startedMs)
  let interrupted: NsboxError | undefined
  try {
    yield* merge.run(differences)
  } catch (error) {
    if (!isInterruption(error)) throw error
    interrupted = error
  }
  const [done, left] = [true, false].map((isDone) =>
    changes.flatMap(({ difference, change }) => (merge.applied.has(difference) === isDone ? [change] : [])),
  ) as [Change[], Change[]]
  if (interrupted) throw interruptedError(interrupted, target, done.length, changes.length)
  if (merge.failures.length + merge.incomplete.length > 0) throw new ApplyError(target, merge, done, left)
  return done
}
