// What a campaign says while it runs: one live line in a terminal, plain lines elsewhere.

import type { Attempt } from '../results.ts'
import { LiveLine } from './live-line.ts'
import { PlainLines } from './plain-lines.ts'
import type { ProgressPlan } from './tally.ts'

export interface Progress {
  /** Again whenever what is planned changes. */
  began(plan: ProgressPlan): void
  attempt(attempt: Attempt): void
  /** Something else for the reader, on a line of its own: no name in it can begin another one. */
  say(words: string): void
  ended(): void
}

/** Of a stream, what this needs. */
export interface ProgressStream {
  isTTY?: boolean | undefined
  columns?: number | undefined
  write(text: string): unknown
}

export function progressFor(stream: ProgressStream, env: NodeJS.ProcessEnv): Progress {
  const isLive = stream.isTTY === true && env['TERM'] !== 'dumb' && !env['CI']
  return isLive ? new LiveLine(stream) : new PlainLines(stream)
}
