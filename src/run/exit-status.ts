// Exit codes of the command.

import { constants } from 'node:os'
import type { Report } from './report.ts'

/** As env(1) and timeout(1) have it: the tool itself failed. */
export const FAILED = 125

/** What a shell would show: the program's own code, or 128 and the signal's number. */
export function exitStatus({ exitCode, signal, cause }: Pick<Report, 'exitCode' | 'signal' | 'cause'>): number {
  if (cause === 'failure') return FAILED
  if (exitCode !== null) return exitCode
  return signal === null ? FAILED : 128 + (constants.signals[signal as NodeJS.Signals] ?? 0)
}
