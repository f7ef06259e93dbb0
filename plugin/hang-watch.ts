// Notices a worker that does not come to its end: a test in an endless loop hears no timeout, and vitest has none behind the last test.

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
  #isFileOver = false

  /** `timeout` in milliseconds; 0 never notices anything. */
  constructor(timeout: number, options: HangWatchOptions) {
    this.#timeout = timeout
    this.#options = options
  }

  start(): void {
    this.stop()
    this.#isFileOver = false
    if (this.#timeout > 0) this.#timer = setTimeout(() => this.#ask(), this.#timeout).unref()
  }

  /** Something came from the worker. When its file is over the next that counts is another file, or its end. */
  alive(isFileOver: boolean): void {
    if (!this.#timer || (isFileOver && this.#isFileOver)) return
    this.start()
    this.#isFileOver = isFileOver
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
    const time = `for ${(this.#timeout + answerTime) / 1000} s`
    const [what, why] = this.#isFileOver
      ? [`the tests have been over ${time}, and the worker was not done`, 'Vitest waits also for imports that no test awaits.']
      : [`the event loop has been blocked ${time}${place && ` ${place}`}`, 'A loop that never ends is the usual cause.']
    return new NsboxError(`${files.map(quoted).join(', ')}: ${what}, so the worker was killed`, {
      code: 'ERR_NSBOX_HANG',
      stage: 'payload',
      hint: `${why} The option hangTimeout sets the time, in milliseconds; 0 waits for ever.`,
    })
  }
}
