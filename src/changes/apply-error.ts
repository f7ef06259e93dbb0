// Why changes were not applied, or not all of them.

import { NsboxError } from '../errors.ts'
import type { Change } from './changed.ts'
import type { Conflict } from './conflicts.ts'
import { changesError, errnoOf } from './failure.ts'
import { quoted } from './format.ts'
import type { MergeFailure } from './merge.ts'
import { textOf } from './names.ts'

/** An error struck midway. What was applied stays; every file is either the old one or the new one. */
export class ApplyError extends NsboxError {
  declare readonly applied: readonly Change[]
  declare readonly notApplied: readonly Change[]

  constructor(target: string, { path, error }: MergeFailure, applied: readonly Change[], notApplied: readonly Change[]) {
    const total = applied.length + notApplied.length
    const message = [
      `${applied.length} of ${total} changes of ${target} were applied, then ${quoted(textOf(path) || '.')} failed: ${kernelMessage(error)}`,
      ...(applied.length > 0 ? [`  applied: ${listed(applied)}`] : []),
      ...(notApplied.length > 0 ? [`  not applied: ${listed(notApplied)}`] : []),
    ].join('\n')
    super(message, { code: 'ERR_NSBOX_APPLY', stage: 'changes', errno: errnoOf(error), cause: error })
    // Not enumerable: reporters print every field that an error has.
    Object.defineProperty(this, 'applied', { value: applied })
    Object.defineProperty(this, 'notApplied', { value: notApplied })
  }
}

export function conflictError(target: string, conflicts: readonly Conflict[]): NsboxError {
  const lines = conflicts.map(({ path, reason }) => `  ${quoted(path)}: ${reason}`)
  return changesError(
    'ERR_NSBOX_CONFLICT',
    [`Nothing was applied to ${target}, which changed after the sandbox was started:`, ...lines].join('\n'),
    'Run it again, or keep the changes and merge them by hand.',
  )
}

/** Without the detour that directories are reached by. */
function kernelMessage(error: unknown): string {
  return (error as Error).message.replaceAll(/\/proc\/self\/fd\/\d+\/?/g, '')
}

function listed(changes: readonly Change[]): string {
  return changes.map(({ path }) => quoted(path)).join(', ')
}
