// Asks on the terminal: the command may have used up stdin.

import { closeSync, openSync } from 'node:fs'
import { ReadStream } from 'node:tty'
import { eventsHandled } from '../changes/steps.ts'

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
    const answer = await promise
    // A terminal that goes away is read to its end before its SIGHUP is handled.
    if (answer === '') await eventsHandled()
    signal.throwIfAborted()
    return /^y/i.test(answer)
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
