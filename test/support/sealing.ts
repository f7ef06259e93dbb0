// Signals to the init of a sandbox, and to no other process, before its command runs.

import { setImmediate as turn } from 'node:timers/promises'
import { childrenOf } from '../../src/sys/descendants.ts'
import { sendSignal } from '../../src/sys/signal.ts'
import { isAlive } from './processes.ts'

/** Sends signals to the init that `nsbox` forks, from its birth until it has started the command. Returns how many were sent. */
export async function signalWhileSealing(nsbox: number, signal: NodeJS.Signals, most: number = Number.POSITIVE_INFINITY): Promise<number> {
  let sent = 0
  while (sent < most && isAlive(nsbox)) {
    const [init] = childrenOf(nsbox)
    if (init !== undefined) {
      if (childrenOf(init).length > 0) break
      if (sendSignal(init, signal)) sent++
    }
    await turn()
  }
  return sent
}
