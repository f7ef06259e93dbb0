// What a forked node has to put right before it can pass for a fresh one.

import { randomInt, randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { type AddressRange, leaveHeapAtFork } from '../sys/node-heap.ts'
import { renewEventLoop, reseedOpenssl } from '../sys/node-loop.ts'
import { restoreWorkerThreads } from '../sys/node-threads.ts'
import { exitNow, getpid } from '../sys/process.ts'
import { unblockSignals } from '../sys/signal.ts'
import { Error, Math, monotonicNs, Number, Object, performance, process, Reflect } from '../untouched.ts'
import { turnOnConcurrency, type ZygoteMode } from './v8-flags.ts'

/** `aheadNs`: how far its monotonic clock is ahead of the zygote's. */
export function becomeFreshProcess(mode: ZygoteMode, execArgv: string[], heap: readonly AddressRange[], aheadNs = 0): void {
  const born = monotonicNs()
  renewEventLoop()
  unblockSignals()
  Object.defineProperty(process, 'pid', { value: getpid(), enumerable: true, configurable: true, writable: false })
  // The zygote's flags must not reach child_process.fork.
  process.execArgv = execArgv
  process.uptime = () => Number(monotonicNs() - born) / 1e9
  if (aheadNs !== 0) countFromOrigin(aheadNs / 1e6)
  if (mode === 'threads') {
    // As many as node would have started: four, or fewer on a smaller machine.
    restoreWorkerThreads(Math.min(4, availableParallelism()))
    turnOnConcurrency(execArgv)
  }
  leaveHeapAtFork(heap)
  leaveAtOnce()
  divergeRandomness()
}

/** Milliseconds since performance.timeOrigin, which node takes from the monotonic clock that it began with. */
function countFromOrigin(ahead: number): void {
  const now = performance.now.bind(performance)
  Object.defineProperty(Object.getPrototypeOf(performance), 'now', {
    value: { now: () => now() - ahead }.now,
    configurable: true,
    enumerable: true,
    writable: true,
  })
}

const noArguments: [] = []

/** Otherwise every child goes on from the zygote's state and draws the same numbers. */
function divergeRandomness(): void {
  reseedOpenssl()
  // Each child skips another part of the zygote's sequence. A short one: every draw allocates, and a
  // garbage collection here would copy the heap it shares. By Reflect, because bundlers drop a
  // Math.random() whose value nobody uses.
  for (let draws = randomInt(1 << 12); draws >= 0; draws--) Reflect.apply(Math.random, undefined, noArguments)
  // node serves UUIDs from a cache of 128; one that was filled before the fork ends here.
  for (let used = 0; used < 128; used++) randomUUID()
}

/**
 * node's own way out waits for threads that did not survive the fork, and runs a loop that belongs
 * to the zygote. Listeners of 'exit' run, then the process ends.
 */
function leaveAtOnce(): void {
  let uncaught: unknown
  process.on('uncaughtExceptionMonitor', (error) => {
    uncaught = error
  })
  process.reallyExit = (code: number) => exitNow(code)
  const emit = process.emit
  process.emit = function (this: NodeJS.Process, event: string, ...args: unknown[]) {
    const handled = Reflect.apply(emit, this, [event, ...args]) as boolean
    // A listener of the program's has handled it.
    if (event === 'uncaughtException' && handled) uncaught = undefined
    // Programs emit 'exit' themselves to try their listeners; only node's own is the end.
    if (event === 'exit' && process._exiting) {
      if (uncaught !== undefined) process._rawDebug(uncaught instanceof Error ? uncaught.stack : uncaught)
      exitNow(Number(process.exitCode ?? args[0] ?? 0))
    }
    return handled
  } as typeof process.emit
}

declare global {
  namespace NodeJS {
    interface Process {
      /** node's internal last step of process.exit. */
      reallyExit(code: number): never
      /** True once node has begun to leave. */
      _exiting?: boolean
      /** Writes to stderr at once, without the event loop. */
      _rawDebug(message: unknown): void
    }
  }
}
