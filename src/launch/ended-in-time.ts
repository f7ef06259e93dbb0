// Waits for sandboxes that only try something.

import { answerLimit } from '../host/answer-limit.ts'
import type { SandboxEnd } from '../wire/protocol.ts'
import type { Sandbox } from './sandbox.ts'

/** How it ended. Undefined when it gave no answer in time; it is killed then. */
export async function endedInTime({ ended, kill }: Pick<Sandbox, 'ended' | 'kill'>): Promise<SandboxEnd | undefined> {
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    kill()
  }, answerLimit)
  const end = await ended
  clearTimeout(timer)
  return isLate ? undefined : end
}
