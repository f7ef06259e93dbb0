// For logs: a line now and then, and nothing is drawn over.

import { oneLine } from '../../quoted.ts'
import type { Attempt } from '../results.ts'
import type { Progress, ProgressStream } from './progress.ts'
import { type ProgressPlan, Tally } from './tally.ts'

/** Milliseconds. */
const between = 10_000

export class PlainLines implements Progress {
  readonly #stream: ProgressStream
  readonly #tally = new Tally()
  #timer: NodeJS.Timeout | undefined

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  began(plan: ProgressPlan): void {
    this.#tally.began(plan)
    this.#timer ??= setInterval(() => this.say(this.#tally.words), between).unref()
  }

  attempt(attempt: Attempt): void {
    for (const line of this.#tally.add(attempt)) this.say(line)
  }

  say(words: string): void {
    this.#stream.write(`${oneLine(words)}\n`)
  }

  ended(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
