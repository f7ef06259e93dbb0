// A zygote's life: prepare, then serve forks until the host is gone. In a child: run the payload.

import { errorToData } from '../errors.ts'
import { loadPreloaded, type PreloadedModule } from '../payload/preloaded.ts'
import { bindAll } from '../sys/libc.ts'
import { keepHeapOverFork } from '../sys/node-heap.ts'
import { exitNow, getppid, prctl } from '../sys/process.ts'
import { Control } from './control.ts'
import { becomePayload } from './newborn.ts'
import { Nursery } from './nursery.ts'
import { bareThreads, ThreadWatch } from './threads.ts'
import type { ZygoteMode } from './v8-flags.ts'

const SIGKILL = 9

export async function runZygote(mode: ZygoteMode): Promise<void> {
  prctl('PR_SET_PDEATHSIG', SIGKILL)
  if (getppid() !== Number(process.argv[3])) exitNow(0)
  // Children of a cold one only exec.
  const watch = mode === 'cold' ? new ThreadWatch() : new ThreadWatch(bareThreads)
  const control = new Control()
  const preloaded = await prepare(control, watch)
  bindAll()
  keepHeapOverFork()
  const nursery = new Nursery(control, watch)
  for (;;) {
    const turn = await insideCheckPhase(() => nursery.serve())
    switch (turn.type) {
      case 'warm':
        await warm(control, preloaded, turn.data)
        break
      case 'born':
        return becomePayload(turn, preloaded, mode)
      case 'closed':
        exitNow(0)
    }
  }
}

async function prepare(control: Control, watch: ThreadWatch): Promise<PreloadedModule | undefined> {
  const request = control.next()
  if (request?.message.type !== 'prepare') return exitNow(0)
  try {
    const preloaded = request.message.preload === null ? undefined : await loadPreloaded(request.message.preload)
    watch.check()
    control.post({ type: 'prepared' })
    return preloaded
  } catch (error) {
    control.post({ type: 'prepared', error: errorToData(error) })
    return exitNow(1)
  }
}

async function warm(control: Control, preloaded: PreloadedModule | undefined, data: unknown): Promise<void> {
  try {
    await preloaded?.warm?.(data)
    control.post({ type: 'warmed' })
  } catch (error) {
    control.post({ type: 'warmed', error: errorToData(error) })
  }
}

/**
 * uv_loop_fork() replaces the epoll descriptor, which uv__io_poll() keeps in a local variable while
 * it calls back: so a fork must not happen below an I/O callback. The check phase is safe.
 */
function insideCheckPhase<T>(task: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(task())
      } catch (error) {
        reject(error)
      }
    })
  })
}
