// Notices a worker whose event loop no longer turns: a test in an endless loop hears no timeout.

import { NsboxError } from '../src/errors.ts'
import { quoted } from '../src/quoted.ts'

/** After a ping, how long a worker that can answer may take, in milliseconds. */
const answerTime = 5000

export interface HangWatchOptions {
  ping(): void
  /** Called once, with a function that makes the error for these files, and for what they were doing. */
  hung(error: (files: readonly string[], place: string) => NsboxError): void
}

export class HangWatch {
  readonly #timeout: number
  readonly #options: HangWatchOptions
  #timer: NodeJS.Timeout | undefined

  /** `timeout` in milliseconds; 0 never notices anything. */
  constructor(timeout: number, options: HangWatchOptions) {
    this.#timeout = timeout
    this.#options = options
  }

  start(): void {
    this.stop()
    if (this.#timeout > 0) this.#timer = setTimeout(() => this.#ask(), this.#timeout).unref()
  }

  /** Something came from the worker. */
  alive(): void {
    if (this.#timer) this.start()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** A test that only waits is silent too, but answers. */
  #ask(): void {
    this.#options.ping()
    this.#timer = setTimeout(() => this.#options.hung((files, place) => this.#error(files, place)), answerTime).unref()
  }

  #error(files: readonly string[], place: string): NsboxError {
    const time = (this.#timeout + answerTime) / 1000
    return new NsboxError(
      `${files.map(quoted).join(', ')}: the event loop has been blocked for ${time} s${place && ` ${place}`}, so the worker was killed`,
      {
        code: 'ERR_NSBOX_HANG',
        stage: 'payload',
        hint: 'A loop that never ends is the usual cause. The option hangTimeout sets the time, in milliseconds; 0 waits for ever.',
      },
    )
  }
}
