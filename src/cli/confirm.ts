// Asks on the terminal: the command may have used up stdin.

import { closeSync, openSync, readSync } from 'node:fs'

export function canAsk(): boolean {
  const terminal = open()
  if (terminal !== undefined) closeSync(terminal)
  return terminal !== undefined
}

/** True for an answer that begins with y. */
export async function confirm(question: string): Promise<boolean> {
  const terminal = open()
  if (terminal === undefined) return false
  try {
    process.stderr.write(question)
    const answer = Buffer.alloc(256)
    return /^y/i.test(answer.toString('utf8', 0, readSync(terminal, answer)))
  } finally {
    closeSync(terminal)
  }
}

function open(): number | undefined {
  try {
    return openSync('/dev/tty', 'r')
  } catch {
    return undefined
  }
}
