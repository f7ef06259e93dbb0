// Host side: which of the files that a worker was given have failed.

import { collectedFiles, queuedFile, taskUpdate, unhandledError } from './task-updates.ts'

type Outcome = 'unfinished' | 'passed' | 'failed'

export class Outcomes {
  readonly #files = new Map<string, Outcome>()
  /** By what vitest calls them. */
  readonly #paths = new Map<string, string>()
  readonly #begun: (files: readonly string[]) => void
  #current: string | undefined

  constructor(begun: (files: readonly string[]) => void = () => undefined) {
    this.#begun = begun
  }

  begin(files: readonly string[]): void {
    this.#begun(files)
    for (const file of files) this.#files.set(file, 'unfinished')
    this.#current = files[0]
  }

  see(message: unknown): void {
    const queued = queuedFile(message)
    if (queued) {
      this.#paths.set(queued.id, queued.filepath)
      this.#current = queued.filepath
    }
    for (const { id, filepath, result } of collectedFiles(message)) {
      this.#paths.set(id, filepath)
      this.#note(id, result?.state)
    }
    for (const [id, result] of taskUpdate(message)?.packs ?? []) this.#note(id, result?.state)
    // vitest counts it against the run, and not against the file.
    if (unhandledError(message) && this.#current !== undefined) this.#files.set(this.#current, 'failed')
  }

  /** Somebody ends the worker on purpose: what is not finished has not failed. */
  abandon(): void {
    for (const [file, outcome] of this.#files) if (outcome === 'unfinished') this.#files.delete(file)
  }

  /** When the worker has ended. */
  get ended(): { file: string; failed: boolean }[] {
    return [...this.#files].map(([file, outcome]) => ({ file, failed: outcome !== 'passed' }))
  }

  #note(id: string, state: string | undefined): void {
    const file = this.#paths.get(id)
    if (file === undefined || this.#files.get(file) === 'failed') return
    if (state === 'fail') this.#files.set(file, 'failed')
    else if (state === 'pass' || state === 'skip' || state === 'todo') this.#files.set(file, 'passed')
  }
}
