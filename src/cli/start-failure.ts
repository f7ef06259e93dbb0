// What stands in the way of the first attempt, and its exit code: the project's own mistake, or the machine.

import { doctor } from '../doctor/doctor.ts'
import { formatDiagnosis } from '../doctor/report.ts'
import { describeError, NsboxError } from '../errors.ts'
import { oneLine } from '../quoted.ts'
import { FAILED } from '../run/exit-status.ts'
import { exitStatus } from '../stress/exit-status.ts'

/** Says it on stderr. */
export async function startFailure(error: unknown, where: string): Promise<number> {
  if (NsboxError.is(error) && error.stage === 'config') throw error
  const isLost = NsboxError.is(error) && error.code === 'ERR_NSBOX_WORKER_LOST'
  if (isLost && error.stage === 'launch') {
    console.error(`${where}: ${describeError(error)}`)
    return FAILED
  }
  if (!NsboxError.is(error) || isLost) {
    console.error(`${where}: vitest does not start: ${error instanceof Error ? describeError(error) : oneLine(messageOf(error))}`)
    return exitStatus.usage
  }
  if (error.code === 'ERR_NSBOX_SETUP' || error.code === 'ERR_NSBOX_INTERNAL') {
    console.error(`${where}: ${describeError(error)}`)
    return error.code === 'ERR_NSBOX_SETUP' ? exitStatus.usage : FAILED
  }
  console.error(`${where}: no sandbox can be had here: ${describeError(error)}`)
  const diagnosis = await doctor()
  if (diagnosis.verdict !== 'ok') console.error(formatDiagnosis(diagnosis, process.stderr.isTTY === true && !process.env['NO_COLOR']))
  return exitStatus.noSandbox
}

/** What a worker process threw travels without its class. */
function messageOf(error: unknown): string {
  const { stack, message } = error as Partial<Error>
  return stack ?? message ?? String(error)
}
