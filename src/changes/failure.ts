// Errors of this room: what was being done, and what the kernel said.

import { describeError, errorFromData, errorToData, NsboxError } from '../errors.ts'
import { printable, quoted } from '../quoted.ts'

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
  const { syscall, path } = error as NodeJS.ErrnoException
  const where = path === undefined ? '' : ` ${quoted(path.replace(/^\/proc\/self\/fd\/\d+\//, ''))}`
  return new NsboxError(`${doing}: ${reasonOf(error)}${where}`, { code, stage: 'changes', errno: errnoOf(error), syscall, cause: error })
}

/** Several failures as one: the first, with the messages of all. */
export function together([first, ...more]: readonly unknown[]): NsboxError {
  const data = errorToData(first)
  const others = more.map(describeError).filter((text) => text !== describeError(first))
  return errorFromData({ ...data, message: [data.message, ...new Set(others)].join('\nnsbox: ') })
}

/** The kernel's name of an error, of node's own calls and of ours. */
export function errnoOf(error: unknown): string | undefined {
  const { code, errno } = error as { code?: string; errno?: unknown }
  return typeof errno === 'string' ? errno : code
}

/** An entry that was not taken over, or not whole. */
export interface Missing {
  /** Absolute, as in Change. */
  path: string
  reason: string
}

/** The kernel's words on one line, without paths: those in a message may lead through descriptors of ours. */
export function reasonOf(error: unknown): string {
  const { message, syscall, code } = error as NodeJS.ErrnoException
  if (NsboxError.is(error) && error.code === 'ERR_NSBOX_SYSCALL') return `${error.errno}, ${error.syscall}`
  if (syscall && code && message.startsWith(code)) return `${message.split(', ')[0]}, ${syscall}`
  return printable(message).replaceAll('\n', '\\n')
}

const shown = 20

/** One line each, and how many more there are. */
export function missingLines(missing: readonly Missing[]): string[] {
  const lines = missing.slice(0, shown).map(({ path, reason }) => `  ${quoted(path)}: ${reason}`)
  return missing.length > shown ? [...lines, `  … ${missing.length - shown} more`] : lines
}
