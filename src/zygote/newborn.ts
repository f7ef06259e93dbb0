// A sealed fork of the zygote becomes its payload.

import { execProgram } from '../payload/exec.ts'
import type { PreloadedModule } from '../payload/preloaded.ts'
import { selfCheck } from '../payload/self-check.ts'
import { close, duplicateTo } from '../sys/descriptor.ts'
import { Channel } from '../wire/channel.ts'
import { becomeFreshProcess } from './after-fork.ts'
import type { Born } from './nursery.ts'
import type { ZygoteMode } from './v8-flags.ts'

/** Where an exec'd program finds its channel. */
const channelFd = 3

export async function becomePayload({ payload, fds, heap }: Born, preloaded: PreloadedModule | undefined, mode: ZygoteMode): Promise<void> {
  const [stdin, stdout, stderr, channel] = fds as [number, number, number, number]
  for (const [target, fd] of [stdin, stdout, stderr].entries()) duplicateTo(fd, target)
  for (const fd of [stdin, stdout, stderr]) close(fd)
  switch (payload.kind) {
    case 'exec':
      duplicateTo(channel, channelFd)
      return execProgram(payload)
    case 'preloaded':
      becomeFreshProcess(mode, payload.execArgv, heap)
      return preloaded?.run({ channel: new Channel(channel, 'blocking'), data: payload.data })
    case 'self-check':
      becomeFreshProcess(mode, [], heap)
      return selfCheck()
  }
}
