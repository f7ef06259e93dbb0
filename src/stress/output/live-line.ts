// One line of a terminal, drawn over itself.

import { oneLine } from '../../quoted.ts'
import type { Attempt } from '../results.ts'
import type { Progress, ProgressStream } from './progress.ts'
import { type ProgressPlan, Tally } from './tally.ts'

/** Erase to the end of the line (console_codes(4), EL). What is drawn over is never blank, so nothing flickers. */
const eraseRest = '\x1b[K'
/** Milliseconds. */
const leastBetween = 100
const mostBetween = 1000

export class LiveLine implements Progress {
  readonly #stream: ProgressStream
  readonly #tally = new Tally()
  #timer: NodeJS.Timeout | undefined
  #drawnAt = 0

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  began(plan: ProgressPlan): void {
    this.#tally.began(plan)
    this.#timer ??= setInterval(() => this.#draw(), mostBetween).unref()
    this.#draw()
  }

  attempt(attempt: Attempt): void {
    const fresh = this.#tally.add(attempt)
    if (fresh.length > 0) this.#say(fresh)
    else if (Date.now() - this.#drawnAt >= leastBetween) this.#draw()
  }

  say(words: string): void {
    this.#say([words])
  }

  ended(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#stream.write(`\r${eraseRest}`)
  }

  #say(lines: readonly string[]): void {
    this.#draw(lines.map((line) => `\r${oneLine(line)}${eraseRest}\n`).join(''))
  }

  /** In one write, so that a terminal shows it whole. A line that is too long would wrap, and could not be drawn over. */
  #draw(before = ''): void {
    this.#drawnAt = Date.now()
    const live = this.#timer === undefined ? '' : [...this.#tally.words].slice(0, (this.#stream.columns || 80) - 1).join('')
    this.#stream.write(`${before}${live === '' ? '' : `\r${live}${eraseRest}`}`)
  }
}
