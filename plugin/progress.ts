// Host side: what a worker is doing, by what it says of it.

import { singleQuoted } from '../src/quoted.ts'
import { endsFile, isCollected, queuedFile, taskUpdate } from './task-updates.ts'
import type { RunningTest } from './test-watch.ts'

export class Progress {
  /** Of the request that is being worked on, or the one of them that is known to have begun. */
  files: readonly string[] = []
  /** Of the request. A worker may name others, which are not to blame for it. */
  #asked: readonly string[] = []
  #test: string | undefined
  #inTest = false
  #isLoaded = false
  /** vitest's id of the file that has begun. */
  #id: string | undefined
  /** All that it tells of its tests is told. */
  isFileOver = false

  begin(files: readonly string[]): void {
    this.#asked = files
    this.#enter(files)
  }

  #enter(files: readonly string[]): void {
    this.files = files
    this.#test = undefined
    this.#inTest = this.#isLoaded = this.isFileOver = false
    this.#id = undefined
  }

  see(vitest: unknown): void {
    const file = queuedFile(vitest)
    const update = taskUpdate(vitest)
    if (file && this.#asked.includes(file.filepath)) {
      this.#enter([file.filepath])
      this.#id = file.id
    } else if (isCollected(vitest)) this.#isLoaded = true
    else if (update && endsFile(update, this.#id)) this.isFileOver = true
  }

  seeTest(test: RunningTest): void {
    this.#inTest = test !== null
    if (test) this.#test = test.name
  }

  /** `in test 'suite > parses'`. Empty before any file. */
  get place(): string {
    if (this.#test !== undefined) return `${this.#inTest ? 'in' : 'after'} test ${singleQuoted(this.#test)}`
    if (this.files.length === 0) return ''
    return this.#isLoaded ? 'before its first test' : 'while it was loaded'
  }
}
