// Why changes were not applied, or not all of them.

import { NsboxError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import type { Change } from './changed.ts'
import type { Conflict } from './conflicts.ts'
import { changesError, errnoOf, type Missing, missingLines, reasonOf } from './failure.ts'
import { countWords } from './format.ts'
import type { Merge } from './merge.ts'
import { textOf } from './names.ts'

/** Not everything could be applied. What was stays; every file is either the old one or the new one. */
export class ApplyError extends NsboxError {
  declare readonly applied: readonly Change[]
  declare readonly notApplied: readonly Change[]

  constructor(
    target: string,
    { failures, incomplete }: Pick<Merge, 'failures' | 'incomplete'>,
    applied: readonly Change[],
    notApplied: readonly Change[],
  ) {
    const total = applied.length + notApplied.length
    const all = [...failures, ...incomplete]
    const missing = all.map(({ difference, error }): Missing => ({ path: textOf(difference.path) || '.', reason: reasonOf(error) }))
    const what = [...(failures.length > 0 ? ['failed'] : []), ...(incomplete.length > 0 ? ['are not whole'] : [])].join(' or ')
    const message = [`${appliedWords(applied.length, total, target)}; these ${what}:`, ...missingLines(missing)]
    const [first] = all
    super(message.join('\n'), { code: 'ERR_NSBOX_APPLY', stage: 'changes', errno: errnoOf(first?.error), cause: first?.error })
    // Not enumerable: reporters print every field that an error has.
    Object.defineProperty(this, 'applied', { value: applied })
    Object.defineProperty(this, 'notApplied', { value: notApplied })
  }
}

export function conflictError(target: string, conflicts: readonly Conflict[]): NsboxError {
  return changesError(
    'ERR_NSBOX_CONFLICT',
    [`Nothing was applied to ${quoted(target)}, which changed after the sandbox was started:`, ...missingLines(conflicts)].join('\n'),
    'Run it again, or keep the changes and merge them by hand.',
  )
}

/** Every entry is either the old one or the new one, as after a failure. */
export function interruptedError({ message, code, stage }: NsboxError, target: string, done: number, total: number): NsboxError {
  return new NsboxError(`${message} after ${appliedWords(done, total, target)}`, { code, stage })
}

/** `2 of 3 changes of /srv were applied`. */
function appliedWords(done: number, total: number, target: string): string {
  return `${done} of ${countWords(total)} of ${quoted(target)} ${total === 1 ? 'was' : 'were'} applied`
}
