// Work in steps: between two of them the process can look at signals, and the work can be stopped.

import { setImmediate as immediate } from 'node:timers/promises'
import { NsboxError } from '../errors.ts'

/** Yields wherever it may be stopped: an error thrown there leaves nothing temporary. */
export type Steps<T> = Generator<void, T, void>

export function atOnce<T>(steps: Steps<T>): T {
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value
}

/** How long an event waits for its turn, unless one step takes longer. */
const turnMs = 10

/** @throws the reason of `signal` once it is aborted, or what the work makes of that */
export async function inTurns<T>(steps: Steps<T>, signal: AbortSignal): Promise<T> {
  let due = 0
  for (let step = steps.next(); ; ) {
    if (step.done) return step.value
    if (performance.now() >= due) {
      await eventsHandled()
      due = performance.now() + turnMs
    }
    step = signal.aborted ? steps.throw(signal.reason) : steps.next()
  }
}

/** Two turns of the event loop: the first may be past the phase in which signals are read. */
export async function eventsHandled(): Promise<void> {
  await immediate()
  await immediate()
}

const code = 'ERR_NSBOX_INTERRUPTED'

/** `by` is what stopped the work, such as SIGINT. */
export function interruption(by: string): NsboxError {
  return new NsboxError(`interrupted by ${by}`, { code, stage: 'changes' })
}

export function isInterruption(error: unknown): error is NsboxError {
  return NsboxError.is(error) && error.code === code
}
