// Errors of this room: what was being done, and what the kernel said.

import { NsboxError } from '../errors.ts'

export type ChangesCode =
  | 'ERR_NSBOX_DIFF'
  | 'ERR_NSBOX_CONFLICT'
  | 'ERR_NSBOX_APPLY'
  | 'ERR_NSBOX_KEEP'
  | 'ERR_NSBOX_KEPT'
  | 'ERR_NSBOX_EXPORT'

export function changesError(code: ChangesCode, message: string, hint?: string): NsboxError {
  return new NsboxError(message, { code, stage: 'changes', hint })
}

/** An error that is already explained stays; the kernel's get the code, and what was being done before it. */
export function asChangesError(code: ChangesCode, doing: string, error: unknown): NsboxError {
  if (NsboxError.is(error) && error.code !== 'ERR_NSBOX_SYSCALL') return error
  const { message, syscall } = error as NodeJS.ErrnoException
  return new NsboxError(`${doing}: ${message}`, { code, stage: 'changes', errno: errnoOf(error), syscall, cause: error })
}

/** The kernel's name of an error, of node's own calls and of ours. */
export function errnoOf(error: unknown): string | undefined {
  const { code, errno } = error as { code?: string; errno?: unknown }
  return typeof errno === 'string' ? errno : code
}
