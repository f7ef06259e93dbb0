// Threads of this process: fork(2) leaves all but the caller's behind.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { NsboxError } from '../errors.ts'

/** Of a zygote before it loads anything of the user's: the first thread, V8's for delayed tasks, and its pool of one. */
export const bareThreads = 3

/**
 * All but those of libuv's pool, in the order of their birth. Its idle threads may be lost: libuv
 * makes new ones after a fork.
 */
function workingThreads(): string[] {
  const tids = readdirSync('/proc/self/task').sort((one, other) => Number(one) - Number(other))
  return tids.filter((tid) => !['libuv-worker', ''].includes(nameOf(tid)))
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
  return readOf(tid, 'stat')
}

function nameOf(tid: string): string {
  return readOf(tid, 'comm').trimEnd()
}

function readOf(tid: string, file: string): string {
  try {
    return readFileSync(`/proc/self/task/${tid}/${file}`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

/** Watches over what modules that are loaded before the fork may have started. */
export class ThreadWatch {
  readonly #atStart: number

  /** `atStart` is how many threads besides libuv's pool a fork may leave behind: by default those that there are. */
  constructor(atStart: number = workingThreads().length) {
    this.#atStart = atStart
  }

  /** Waits until a fork is safe. @throws NsboxError when threads run that a fork would leave behind */
  check(): void {
    awaitQuiet()
    const extra = workingThreads().slice(this.#atStart)
    if (extra.length === 0) return
    throw new NsboxError(`The zygote runs threads that a fork would lose: ${extra.map(nameOf).join(', ')}`, {
      code: 'ERR_NSBOX_THREADS',
      stage: 'zygote',
      hint: "A module that is loaded before the fork starts threads; use launch: 'cold' and tell us which one it is.",
    })
  }
}
