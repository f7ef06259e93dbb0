// Threads of this process: fork(2) leaves all but the caller's behind.

import { readdirSync } from 'node:fs'
import { NsboxError } from '../errors.ts'

function threadCount(): number {
  return readdirSync('/proc/self/task').length
}

/** What libuv's pool may add. Its idle threads may be lost: libuv makes new ones after a fork. */
function poolThreads(): number {
  const asked = Number(process.env['UV_THREADPOOL_SIZE'])
  return Number.isInteger(asked) && asked > 0 ? asked : 4
}

/** Watches over what a preloaded module may have started. */
export class ThreadWatch {
  readonly #atStart = threadCount()

  /** @throws NsboxError when threads run that a fork would leave behind */
  check(): void {
    const extra = threadCount() - this.#atStart - poolThreads()
    if (extra <= 0) return
    throw new NsboxError(`The zygote runs ${extra} threads that a fork would lose`, {
      code: 'ERR_NSBOX_THREADS',
      stage: 'zygote',
      hint: "A module that is loaded before the fork starts threads; use launch: 'cold' and tell us which one it is.",
    })
  }
}
