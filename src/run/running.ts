// A run as its caller sees it: streams at once, the report when it has ended.

import type { Readable, Writable } from 'node:stream'
import type { LimitChanges } from '../config/limit-options.ts'
import type { PortPair } from '../plan/reach.ts'
import type { Report } from './report.ts'
import type { LimitedUsage } from './usage.ts'

/** Await it for the {@link Report}. It rejects only for mistakes in the options. */
export class Running implements Promise<Report> {
  /** Null unless `stdin` is `'pipe'`. */
  readonly stdin: Writable | null
  /** Null unless it is `'pipe'`, which is the default. */
  readonly stdout: Readable | null
  readonly stderr: Readable | null
  readonly [Symbol.toStringTag] = 'Running'
  readonly #report: Promise<Report>
  readonly #handle: RunHandle

  constructor(report: Promise<Report>, handle: RunHandle, streams: Pick<Running, 'stdin' | 'stdout' | 'stderr'>) {
    this.#report = report
    this.#handle = handle
    this.stdin = streams.stdin
    this.stdout = streams.stdout
    this.stderr = streams.stderr
  }

  /** Pid of the program on the host, while it runs. */
  get pid(): number | undefined {
    return this.#handle.pid()
  }

  /** Signals the program and its process group. False when it does not run. SIGKILL ends everything in the sandbox. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    return this.#handle.kill(signal)
  }

  /**
   * Changes limits while the program runs; null lifts one.
   * @throws NsboxError ERR_NSBOX_CONFIG for wrong ones, ERR_NSBOX_LIMIT for those that cannot be held, ERR_NSBOX_ENDED when it does not run
   */
  setLimits(changes: LimitChanges): Promise<void> {
    return this.#handle.setLimits(changes)
  }

  /** Stops every process of the sandbox until {@link thaw}. @throws NsboxError ERR_NSBOX_ENDED when it does not run */
  freeze(): Promise<void> {
    return this.#handle.freeze()
  }

  thaw(): Promise<void> {
    return this.#handle.thaw()
  }

  /** What it has used up to now. @throws NsboxError ERR_NSBOX_ENDED when it does not run */
  usage(): Promise<LimitedUsage> {
    return this.#handle.usage()
  }

  /** Ports of the host that lead inside while it runs, the chosen ones too. Empty before. */
  get exposed(): readonly PortPair[] {
    return this.#handle.exposed()
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise, so that a run can be awaited
  then<A = Report, B = never>(
    onReport?: ((report: Report) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#report.then(onReport, onError)
  }

  catch<B = never>(onError?: ((error: unknown) => B | PromiseLike<B>) | null): Promise<Report | B> {
    return this.#report.catch(onError)
  }

  finally(onEnd?: (() => void) | null): Promise<Report> {
    return this.#report.finally(onEnd)
  }
}

/** `start`, or a run that rejects with what it throws. */
export function orRejected(start: () => Running): Running {
  try {
    return start()
  } catch (error) {
    const ended = () => Promise.reject(error)
    const handle = {
      pid: () => undefined,
      kill: () => false,
      setLimits: ended,
      freeze: ended,
      thaw: ended,
      usage: ended,
      exposed: () => [],
    }
    return new Running(Promise.reject(error), handle, { stdin: null, stdout: null, stderr: null })
  }
}

export interface RunHandle {
  pid(): number | undefined
  kill(signal: NodeJS.Signals): boolean
  setLimits(changes: LimitChanges): Promise<void>
  freeze(): Promise<void>
  thaw(): Promise<void>
  usage(): Promise<LimitedUsage>
  exposed(): readonly PortPair[]
}
