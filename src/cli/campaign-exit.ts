// Exit codes of what went wrong before there was a result, for the commands that make attempts.

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
    return codeOf(error)
  }
}

const usage = ['ERR_NSBOX_CONFIG', 'ERR_NSBOX_NO_VITEST']
/** Stages in which it shows what this machine cannot do. */
const stages = ['host', 'plan', 'launch', 'zygote', 'seal']

function codeOf(error: unknown): number {
  if (!NsboxError.is(error)) return FAILED
  if (usage.includes(error.code)) return exitStatus.usage
  return stages.includes(error.stage) && error.code !== 'ERR_NSBOX_WORKER_LOST' ? exitStatus.noSandbox : FAILED
}
