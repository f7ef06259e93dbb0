// What init does while the payload runs, and when it has ended.

import type { Keeper } from '../emulation/keeper.ts'
import { killDescendants } from '../sys/descendants.ts'
import { drain, pollReadable } from '../sys/descriptor.ts'
import { exitNow, getpid, reapEnded, stopSignal, waitpid } from '../sys/process.ts'
import { childSignals, sendSignal } from '../sys/signal.ts'
import { childrenUsage } from '../sys/usage.ts'
import type { Usage } from '../wire/protocol.ts'

export interface ReapOptions {
  /** pidfd of the process whose end is to be the sandbox's, where the kernel does not see to it. */
  parent: number | undefined
  /** Hears of the signal that stopped the payload. */
  onStop: ((signal: number) => void) | undefined
  /** Sees to limits meanwhile. */
  keeper: Keeper | undefined
}

/** Blocks until the payload ends and answers its wait status; orphans that were left here are reaped on the way. */
export function reapUntil(payload: number, { parent, onStop, keeper }: ReapOptions): number {
  const stopped = onStop !== undefined
  const next = parent === undefined && !keeper ? () => waitpid(-1, { block: true, stopped }) : watchful({ parent, keeper, stopped })
  for (;;) {
    const changed = next()
    if (changed?.pid !== payload) continue
    const signal = stopSignal(changed.status)
    if (signal === undefined) return changed.status
    if (!keeper?.hasStopped(payload, signal)) onStop?.(signal)
  }
}

interface WatchOptions extends Pick<ReapOptions, 'parent' | 'keeper'> {
  /** Whether stopped children are told of. */
  stopped: boolean
}

/** Waits for children, for what is due of the limits, for orders, and for the end of the parent, which is the end of all. */
function watchful({ parent, keeper, stopped }: WatchOptions): () => ReturnType<typeof waitpid> {
  const signals = childSignals()
  return () => {
    for (;;) {
      const changed = waitpid(-1, { block: false, stopped })
      if (changed) return changed
      const timeout = keeper?.look()
      const ready = pollReadable(
        [signals, parent, keeper?.control].filter((fd) => fd !== undefined),
        timeout,
      )
      if (parent !== undefined && ready.has(parent)) {
        killOwn()
        exitNow(1)
      }
      if (keeper?.control !== undefined && ready.has(keeper.control)) keeper.obey()
      if (ready.has(signals)) drain(signals)
    }
  }
}

/** Ends what the payload left running, so that its time counts too. */
export function endAll(ownPids: boolean): Usage {
  if (!ownPids) killOwn()
  // As pid 1 that is everybody in the namespace and nobody else (kill(2)).
  else if (getpid() === 1) sendSignal(-1, 'SIGKILL')
  while (waitpid(-1, { block: true }));
  return childrenUsage()
}

/** Whether somebody is left the kernel knows, and tells by waitpid(2); /proc is read while it changes. */
function killOwn(): void {
  do killDescendants(getpid(), reapEnded)
  while (reapEnded())
}
