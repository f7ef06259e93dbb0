// Threads of this process: fork(2) leaves all but the caller's behind.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { NsboxError } from '../errors.ts'

function threadCount(): number {
  return readdirSync('/proc/self/task').length
}

/** What libuv's pool may add. Its idle threads may be lost: libuv makes new ones after a fork. */
function poolThreads(): number {
  const asked = Number(process.env['UV_THREADPOOL_SIZE'])
  return Number.isInteger(asked) && asked > 0 ? asked : 4
}

/** How long other threads may work before a fork goes ahead all the same, in milliseconds. */
const quietLimit = 10_000
const nothing = new Int32Array(new SharedArrayBuffer(4))

/**
 * clone(2) takes none of malloc's locks, as fork(3) would: one that another thread holds in that
 * moment stays locked in the child for ever. And what such a thread works at is lost there.
 */
function awaitQuiet(): void {
  const deadline = performance.now() + quietLimit
  while (!othersSleep() && performance.now() < deadline) Atomics.wait(nothing, 0, 0, 1)
}

/** True when every other thread sleeps; the state follows the name (proc_pid_stat(5)). */
function othersSleep(): boolean {
  // Not process.pid: /proc may be of another pid namespace than this process.
  const own = basename(readlinkSync('/proc/thread-self'))
  const others = readdirSync('/proc/self/task').filter((tid) => tid !== own)
  return others.every((tid) => /^$|\) S [^)]*$/.test(statOf(tid)))
}

function statOf(tid: string): string {
  try {
    return readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

/** Watches over what a preloaded module may have started. */
export class ThreadWatch {
  readonly #atStart = threadCount()

  /** Waits until a fork is safe. @throws NsboxError when threads run that a fork would leave behind */
  check(): void {
    awaitQuiet()
    const extra = threadCount() - this.#atStart - poolThreads()
    if (extra <= 0) return
    throw new NsboxError(`The zygote runs ${extra} threads that a fork would lose`, {
      code: 'ERR_NSBOX_THREADS',
      stage: 'zygote',
      hint: "A module that is loaded before the fork starts threads; use launch: 'cold' and tell us which one it is.",
    })
  }
}
