// What the sandbox of one worker has refused, put where people look for it.

import type { Sandbox } from '../src/launch/sandbox.ts'
import type { Refusals } from './refusals.ts'
import { addToMeta, endsFile, queuedFile, taskUpdate } from './task-updates.ts'

export class WorkerRefusals {
  readonly #refusals: Refusals
  readonly #names: Sandbox['names']
  #file = ''
  #fileId: string | undefined

  constructor(refusals: Refusals, { names }: Sandbox) {
    this.#refusals = refusals
    this.#names = names
  }

  /** Before vitest has the message: adds to errors of tests, and to the meta of a file that has ended. */
  see(message: unknown): void {
    const queued = queuedFile(message)
    if (queued) {
      this.#file = queued.filepath
      this.#fileId = queued.id
      return this.#refusals.begin(this.#file)
    }
    const update = taskUpdate(message)
    if (!update) return
    this.#refusals.explain(this.#file, update)
    if (!endsFile(update, this.#fileId)) return
    this.#refusals.seeNames(this.#file, this.#names?.takeUnknown() ?? [])
    const refusals = this.#refusals.refusals(this.#file)
    if (refusals.length > 0) addToMeta(update, this.#fileId, { refusals })
  }
}
