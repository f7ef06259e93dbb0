// The right kind of node for a command: sandboxes are forked from one without threads, vitest wants them.

import { givenForWriting, keepAtExec } from '../sys/descriptor.ts'
import { execve } from '../sys/process.ts'
import { singleThreaded } from '../zygote/v8-flags.ts'

/**
 * Becomes another node when this one was started the other way. The first line of the command's file
 * starts a single-threaded one; `node cli.js` and package managers with starters of their own do not.
 */
export function restartUnless(kind: 'threaded' | 'single-threaded'): void {
  const isSingle = process.execArgv.includes('--single-threaded')
  if (isSingle === (kind === 'single-threaded')) return
  const users = process.execArgv.filter((flag) => !singleThreaded.includes(flag))
  const words = [process.execPath, ...users, ...(isSingle ? [] : singleThreaded), ...process.argv.slice(1)]
  const environment = Object.entries(process.env).map(([name, value]) => `${name}=${value}`)
  keepAtExec([0, ...givenForWriting()])
  execve(process.execPath, words, environment)
}
