// Ctrl-C and its like, for commands that report what they have when they are stopped.

import { constants } from 'node:os'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborted at the first one, when `stop` is called too; the second ends this process at once. */
export function interruption(stop: () => void): AbortSignal {
  const controller = new AbortController()
  for (const signal of signals) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(128 + constants.signals[signal])
      controller.abort()
      stop()
    })
  }
  return controller.signal
}
