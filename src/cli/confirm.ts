// Asks on the terminal: the command may have used up stdin.

import { closeSync, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'

export function canAsk(): boolean {
  const terminal = open()
  if (terminal !== undefined) closeSync(terminal)
  return terminal !== undefined
}

/** True for an answer that begins with y. @throws the reason of `signal` when it is aborted before there is one */
export async function confirm(question: string, signal: AbortSignal): Promise<boolean> {
  const terminal = open()
  if (terminal === undefined) return false
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  // Not readSync(): what waits in it sees no signals.
  const answers = new ReadStream(terminal)
  answers
    .setEncoding('utf8')
    .on('data', resolve)
    .on('end', () => resolve(''))
    .on('error', reject)
  const stop = () => reject(signal.reason)
  signal.addEventListener('abort', stop)
  if (signal.aborted) stop()
  try {
    process.stderr.write(question)
    return /^y/i.test(await promise)
  } finally {
    signal.removeEventListener('abort', stop)
    answers.destroy()
  }
}

function open(): number | undefined {
  try {
    return openSync('/dev/tty', 'r')
  } catch {
    return undefined
  }
}
