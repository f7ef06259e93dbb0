// A protection that is not in force, in words.

import { describeError, errorFromData } from '../errors.ts'
import type { NotEnforced } from '../wire/protocol.ts'

/** What is lost, the fact behind it, and what mends it. */
export function missingWords({ protection, lost, error }: NotEnforced): string {
  return ['not in force', protection, ...(lost === undefined ? [error.message] : [lost, describeError(errorFromData(error))])].join(': ')
}
