// NODE_DEBUG=nsbox:launch,nsbox:zygote shows what each room does.

import { type DebugLogger, debuglog } from 'node:util'

export type Room = 'host' | 'launch' | 'plugin' | 'zygote'

export function debug(room: Room): DebugLogger {
  return debuglog(`nsbox:${room}`)
}
