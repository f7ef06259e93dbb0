// Signals that would end this process halfway through what it writes. They are noted, and work in steps is stopped between two of them.

import { constants } from 'node:os'
import { eventsHandled, inTurns, interruption, type Steps } from '../changes/steps.ts'

/**
 * All that end a process (signal(7)), but for SIGKILL, those of a fault of its own, which no listener may outlive (node's process, Signal
 * events), and real-time signals, for which node has no names.
 */
const ending: readonly NodeJS.Signals[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
]
/** Meant for the command, which has ended: they would end this process too. */
const late: readonly NodeJS.Signals[] = ['SIGUSR1', 'SIGUSR2']

export class HeldSignals {
  readonly #interrupted = new AbortController()
  #first: NodeJS.Signals | undefined

  constructor() {
    for (const signal of [...ending, ...late]) process.on(signal, this.note)
  }

  /** Later ones change nothing. */
  readonly note = (signal: NodeJS.Signals): void => {
    if (this.#first !== undefined || !ending.includes(signal)) return
    this.#first = signal
    this.#interrupted.abort(interruption(signal))
  }

  /** Its reason is an {@link interruption}. */
  get signal(): AbortSignal {
    return this.#interrupted.signal
  }

  /** What a shell would show, once there was a signal. */
  get exitCode(): number | undefined {
    return this.#first === undefined ? undefined : 128 + constants.signals[this.#first]
  }

  /** @throws an {@link interruption}, or what the work makes of it */
  carryOut<T>(steps: Steps<T>): Promise<T> {
    return inTurns(steps, this.signal)
  }

  /** One that was held ends this process now. */
  async release(): Promise<void> {
    await eventsHandled()
    for (const signal of [...ending, ...late]) process.off(signal, this.note)
    if (this.#first !== undefined) process.kill(process.pid, this.#first)
  }
}

/** For work that opens up for a while what it reads: what ends it ends this process, once that is as it was. */
export async function readHoldingSignals<T>(read: (signals: HeldSignals) => T | Promise<T>): Promise<T> {
  const signals = new HeldSignals()
  try {
    return await read(signals)
  } finally {
    await signals.release()
  }
}
