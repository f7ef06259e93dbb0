// Exit codes of what went wrong, for the commands that make attempts.

import { describeError, NsboxError } from '../errors.ts'
import { FAILED } from '../run/exit-status.ts'
import { exitStatus } from '../stress/exit-status.ts'

/** What it answers; or the exit code of what it throws, which is told. */
export async function exitCodeOf(act: () => Promise<number>): Promise<number> {
  try {
    return await act()
  } catch (error) {
    const text = describeError(error)
    console.error(text.startsWith('nsbox ') ? text : `nsbox: ${text}`)
    return NsboxError.is(error) && isAsked(error) ? exitStatus.usage : FAILED
  }
}

/** Something was asked for that is wrong, or that this machine does not do. */
function isAsked({ stage, code }: NsboxError): boolean {
  return stage === 'config' || code === 'ERR_NSBOX_LIMIT'
}
