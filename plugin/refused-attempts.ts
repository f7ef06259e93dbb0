// Inside: what was refused, with the test that tried, until the host is told.

import { Set } from '../src/untouched.ts'
import type { RefusedAttempt } from './refusal-watch.ts'
import type { Task } from './test-watch.ts'

/** Of one file; the others are counted. */
const kept = 20

/** In the state of vitest's worker, the part that is read here. */
export interface WorkerState {
  filepath?: string
  current?: Task & { concurrent?: boolean; file?: { filepath?: string } }
}

export interface TestAttempt extends RefusedAttempt {
  /** Missing outside of tests, and where several run at once. */
  test?: { id: string; name: string }
}

export interface RefusedMessage {
  nsbox: 'refused'
  file: string
  attempts: TestAttempt[]
  /** How many more there were. */
  more: number
  /** Ports of localhost that were refused, and where something has come to listen since. */
  reached: number[]
}

export class RefusedAttempts {
  #state: WorkerState = {}
  #file = ''
  #seen = new Set<string>()
  #attempts: TestAttempt[] = []
  #more = 0
  /** Ports of localhost that were refused. */
  readonly #closed = new Set<number>()
  /** Ports of localhost where something of the sandbox's has listened: who is refused there now meant that. */
  readonly #served = new Set<number>()
  #reached: number[] = []

  /** The worker's, which says what runs. */
  follow(state: WorkerState): void {
    this.#state = state
  }

  see(attempt: RefusedAttempt): void {
    if (attempt.local && attempt.port !== undefined) {
      if (attempt.local === 'served') return this.#serve(attempt.port)
      if (this.#served.has(attempt.port)) return
    }
    const { current, filepath = '' } = this.#state
    const file = current?.file?.filepath ?? filepath
    if (file !== this.#file) this.#begin(file)
    const test = current?.type === 'test' && !current.concurrent ? current : undefined
    // Localhost has two addresses.
    const key = `${test?.id} ${attempt.local ?? attempt.host} ${attempt.port}`
    if (this.#seen.has(key)) return
    if (this.#seen.size >= kept) {
      this.#more++
      return
    }
    this.#seen.add(key)
    if (attempt.local && attempt.port !== undefined) this.#closed.add(attempt.port)
    this.#attempts.push({ ...attempt, ...(test && { test: { id: test.id, name: test.fullTestName ?? test.name } }) })
  }

  /** Those that the host has not been told of. */
  take(): RefusedMessage | undefined {
    if (this.#attempts.length === 0 && this.#more === 0 && this.#reached.length === 0) return undefined
    const message: RefusedMessage = {
      nsbox: 'refused',
      file: this.#file,
      attempts: this.#attempts,
      more: this.#more,
      reached: this.#reached,
    }
    this.#attempts = []
    this.#more = 0
    this.#reached = []
    return message
  }

  /** Who waits for a server of its own asks until there is one. */
  #serve(port: number): void {
    this.#served.add(port)
    if (this.#closed.delete(port)) this.#reached.push(port)
  }

  /** What the one before tried and nobody was told of was tried between the two. */
  #begin(file: string): void {
    this.#file = file
    this.#seen.clear()
    this.#closed.clear()
  }
}
