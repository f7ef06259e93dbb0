// Cleans up after this process, even when it is killed.

import { type ChildProcess, spawn } from 'node:child_process'

/** Reads until the last writer of its standard input, this process, is gone. */
const wait = 'while read -r _; do :; done; '

/**
 * SIGKILL leaves a process no time to clean up, so another one waits: a shell that runs `script`, with
 * `words` as $1 and on, once this process has ended or {@link dismiss} was called.
 */
export class Janitor {
  readonly #shell: ChildProcess

  constructor(script: string, words: readonly string[]) {
    this.#shell = spawn('/bin/sh', ['-c', wait + script, 'nsbox-janitor', ...words], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    })
    this.#shell.unref()
    ;(this.#shell.stdin as unknown as { unref(): void }).unref()
  }

  /** Its turn comes now: what could not be cleaned up here it tries once more. */
  dismiss(): void {
    this.#shell.stdin?.destroy()
  }

  /** It is to do nothing. */
  cancel(): void {
    this.#shell.kill('SIGKILL')
  }
}
