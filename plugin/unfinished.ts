// vitest's process must not end well while it waits for a file: node ends with exit code 0 when nothing is left that could settle a wait.

const waiting = new Set<object>()
let isWatching = false

/** From here on vitest waits for what this worker runs. */
export function awaitWorker(worker: object): void {
  waiting.add(worker)
  if (isWatching) return
  isWatching = true
  process.on('beforeExit', () => {
    if (waiting.size === 0) return
    waiting.clear()
    console.error(
      'nsbox: vitest stopped without its report, because a test file that it waited for cannot end any more. Please report this.',
    )
    process.exitCode = 1
  })
}

/** It has finished its files, or failed, or is stopped. */
export function workerIsDone(worker: object): void {
  waiting.delete(worker)
}
