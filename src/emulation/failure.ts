// Why a limit is not in force.

import { NsboxError } from '../errors.ts'

export function wrong(message: string): NsboxError {
  return new NsboxError(message, { code: 'ERR_NSBOX_CONFIG', stage: 'seal' })
}

export function notHeld(limit: string, why: string, hint = 'A cgroup can hold it.'): NsboxError {
  return new NsboxError(`${limit} cannot be held without a cgroup: ${why}`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal', hint })
}
