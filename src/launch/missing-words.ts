// Describes a protection that is not in force.

import { describeError, errorFromData } from '../errors.ts'
import { quoted } from '../quoted.ts'
import type { NotEnforced } from '../wire/protocol.ts'

/** The consequence, the cause and the remedy. */
export function missingWords({ protection, lost, error }: NotEnforced): string {
  return ['not in force', quoted(protection), ...(lost === undefined ? [error.message] : [lost, describeError(errorFromData(error))])].join(
    ': ',
  )
}
