// The same tests again and again: a number of times, until they fail, or for a time.

import type { AttemptOrder, AttemptResult } from './attempt.ts'

/** What makes attempts: an AttemptPool. */
export interface AttemptMaker {
  run(order: AttemptOrder, options: { signal?: AbortSignal }): Promise<AttemptResult>
}

export interface Repetition {
  /** At most. */
  runs: number
  /** No run is begun later, on the clock of performance.now(). */
  until?: number
  /** After the first failure nothing more is begun; what runs beside it is let finish, or stopped. */
  onFailure: 'go on' | 'finish' | 'stop'
  /** How many may be under way at once. */
  lanes: number
  signal?: AbortSignal
}

export interface Run {
  /** From 0, in the order in which they began. */
  number: number
  order: AttemptOrder
  result: AttemptResult
}

export function hasFailed({ result }: Pick<Run, 'result'>): boolean {
  return result.end !== 'passed'
}

/**
 * Answers the runs that came to their end, in the order in which they began. Runs that were stopped are not among them, nor told to
 * `ended`.
 */
export async function repeat(
  attempts: AttemptMaker,
  orderOf: (number: number) => AttemptOrder,
  { runs, until = Infinity, onFailure, lanes, signal }: Repetition,
  ended: (run: Run) => void = () => undefined,
): Promise<Run[]> {
  const stop = new AbortController()
  const all = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])])
  const done: Run[] = []
  let next = 0
  let isOver = false
  const lane = async () => {
    while (!all.aborted && !isOver && next < runs && performance.now() < until) {
      const number = next++
      const order = orderOf(number)
      const result = await attempts.run(order, { signal: all })
      if (all.aborted) return
      const run = { number, order, result }
      done.push(run)
      ended(run)
      if (!hasFailed(run)) continue
      isOver = onFailure !== 'go on'
      if (onFailure === 'stop') stop.abort()
    }
  }
  const guarded = async () => {
    try {
      await lane()
    } catch (error) {
      if (all.aborted) return
      stop.abort()
      throw error
    }
  }
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(lanes, runs) }, guarded))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason
  return done.sort((a, b) => a.number - b.number)
}
