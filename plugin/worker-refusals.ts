// What the sandbox of one worker has refused, as vitest's messages come by.

import type { Sandbox } from '../src/launch/sandbox.ts'
import { type FileRefusals, Refusals } from './refusals.ts'
import type { RefusedMessage } from './refused-attempts.ts'
import { endsFile, queuedFile, taskUpdate } from './task-updates.ts'

export class WorkerRefusals {
  readonly #refusals = new Refusals()
  readonly #names: Sandbox['names']
  #file = ''
  #fileId: string | undefined

  constructor({ names }: Sandbox) {
    this.#names = names
  }

  /** The worker is asked to run these, maybe again. */
  begin(files: readonly string[]): void {
    for (const file of files) this.#refusals.begin(file)
  }

  take(message: RefusedMessage): void {
    this.#refusals.see(message)
  }

  of(file: string): FileRefusals {
    return this.#refusals.of(file)
  }

  /** Before vitest has the message: adds to errors of tests. */
  see(message: unknown): void {
    const queued = queuedFile(message)
    if (queued) {
      this.#file = queued.filepath
      this.#fileId = queued.id
      return
    }
    const update = taskUpdate(message)
    if (!update) return
    this.#refusals.explain(this.#file, update)
    if (endsFile(update, this.#fileId)) this.#refusals.seeNames(this.#file, this.#names?.takeUnknown() ?? [])
  }
}
