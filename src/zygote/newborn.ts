// A sealed fork of the zygote becomes its payload.

import type { PreloadedModule } from '../payload/preloaded.ts'
import { selfCheck } from '../payload/self-check.ts'
import type { SandboxPlan } from '../plan/plan.ts'
import { close } from '../sys/descriptor.ts'
import { Channel } from '../wire/channel.ts'
import { becomeFreshProcess } from './after-fork.ts'
import type { Born } from './nursery.ts'
import { becomeProgram, finishSeal, takeStreams } from './program.ts'
import type { ZygoteMode } from './v8-flags.ts'

function aheadNs({ steps }: SandboxPlan): number {
  const time = steps.find((step) => step.do === 'time')
  return time === undefined ? 0 : Number(time.monotonic)
}

export async function becomePayload(born: Born, preloaded: PreloadedModule | undefined, mode: ZygoteMode): Promise<void> {
  const { plan, payload, descriptors, report, heap } = born
  if (payload.kind === 'exec') return becomeProgram(plan, payload, descriptors, report)
  takeStreams(descriptors)
  becomeFreshProcess(mode, payload.kind === 'preloaded' ? payload.execArgv : [], heap, aheadNs(plan))
  finishSeal(plan, report)
  close(report)
  if (payload.kind === 'self-check') return selfCheck()
  return preloaded?.run({ channel: new Channel(descriptors.channel as number, 'blocking'), data: payload.data })
}
