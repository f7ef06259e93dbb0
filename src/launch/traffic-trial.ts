// Whether packets can be delayed here: by trying.

import { noAnswer } from '../host/answer-limit.ts'
import { endedInTime } from './ended-in-time.ts'
import type { Plans } from './plans.ts'
import type { ForkPayload, ZygoteProcess } from './zygote-process.ts'

const nothing: ForkPayload = { kind: 'exec', file: '/bin/true', argv: ['true'], env: {} }

/** Why they cannot; undefined where they can. The zygote is prepared. */
export async function trafficRefusal(zygote: ZygoteProcess, plans: Plans): Promise<string | undefined> {
  const traffic = { delay: 1, loss: 0, seed: 0 }
  const { plan, release } = plans.next({ seal: 'require', net: 'none', forward: [], expose: [], traffic })
  const end = await endedInTime(zygote.launch(plan, nothing))
  release()
  if (!end) return `it was tried, and there was ${noAnswer}`
  const { error } = end
  return error?.code === 'ERR_NSBOX_TRAFFIC' ? `${error.message}. ${error.hint}` : undefined
}
