// What init does while the payload runs, and when it has ended.

import { drain, pollReadable } from '../sys/descriptor.ts'
import { exitNow, getpid, stopSignal, waitpid } from '../sys/process.ts'
import { childSignals } from '../sys/signal.ts'
import { childrenUsage } from '../sys/usage.ts'
import type { Usage } from '../wire/protocol.ts'
import { killDescendants } from './descendants.ts'

export interface ReapOptions {
  /** pidfd of the process whose end is to be the sandbox's, where the kernel does not see to it. */
  parent: number | undefined
  /** Hears of the signal that stopped the payload. */
  onStop: ((signal: number) => void) | undefined
}

/** Blocks until the payload ends and answers its wait status; orphans that were left here are reaped on the way. */
export function reapUntil(payload: number, { parent, onStop }: ReapOptions): number {
  const next =
    parent === undefined ? () => waitpid(-1, { block: true, stopped: onStop !== undefined }) : watchful(parent, onStop !== undefined)
  for (;;) {
    const changed = next()
    if (changed?.pid !== payload) continue
    const stopped = stopSignal(changed.status)
    if (stopped === undefined) return changed.status
    onStop?.(stopped)
  }
}

/** Waits for children and for the end of the parent, which is the end of all. */
function watchful(parent: number, stopped: boolean): () => ReturnType<typeof waitpid> {
  const signals = childSignals()
  return () => {
    for (;;) {
      const changed = waitpid(-1, { block: false, stopped })
      if (changed) return changed
      if (pollReadable([signals, parent]).has(parent)) {
        killDescendants(getpid())
        exitNow(1)
      }
      drain(signals)
    }
  }
}

/** Ends what the payload left running, so that its time counts too. */
export function endAll(ownPids: boolean): Usage {
  if (!ownPids) killDescendants(getpid())
  // As pid 1 that is everybody in the namespace and nobody else (kill(2)).
  else if (getpid() === 1) killEverybody()
  while (waitpid(-1, { block: true }));
  return childrenUsage()
}

function killEverybody(): void {
  try {
    process.kill(-1, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
