// Arguments that node cannot tell. It makes U+FFFD of what is not UTF-8, and the command would get another name than it was given.

import { readFileSync } from 'node:fs'
import { textOf } from '../changes/names.ts'
import { NsboxError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function requireUtf8(words: readonly string[]): void {
  // Each ends with a NUL (proc_pid_cmdline(5)). Those before are node's own.
  const given = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1)
  const wrong = given
    .slice(-words.length)
    .map(textOf)
    .find((word) => !word.isWellFormed())
  if (wrong === undefined) return
  throw new NsboxError(`the argument ${inQuotes(wrong)} is not UTF-8, and node cannot pass it on`, {
    code: 'ERR_NSBOX_CONFIG',
    stage: 'config',
    hint: "A shell inside can name such a file by a pattern: nsbox run -- sh -c 'cat n*'",
  })
}
