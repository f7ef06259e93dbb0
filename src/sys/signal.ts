// Signal dispositions.

import { bind } from './libc.ts'

const signal_ = bind('signal', 'uint64', ['int', 'uint64'])
const SIG_DFL = 0
const lastStandardSignal = 31

/** exec(2) keeps ignored signals ignored, and node ignores SIGPIPE: programs expect it to be deadly. */
export function resetSignals(): void {
  for (let number = 1; number <= lastStandardSignal; number++) signal_(number, SIG_DFL)
}
