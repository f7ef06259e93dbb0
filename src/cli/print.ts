// What a command was asked to print. console.log() says nothing when it cannot be written, and the exit code would be 0.

import { NsboxError } from '../errors.ts'
import { writeWhole } from '../sys/write-whole.ts'

const streams = { stdout: { fd: 1, name: 'standard output' }, stderr: { fd: 2, name: 'standard error' } } as const

/** Prints a text and the end of its line. A reader that is gone misses it, as in `nsbox plan | head -1`. @throws NsboxError ERR_NSBOX_OUTPUT */
export function print(text: string, on: keyof typeof streams = 'stdout'): void {
  write(`${text}\n`, on)
}

/** Prints whole lines. @throws NsboxError ERR_NSBOX_OUTPUT */
export function write(lines: string, on: keyof typeof streams = 'stdout'): void {
  const { fd, name } = streams[on]
  try {
    writeWhole(fd, lines)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new NsboxError(`Cannot write to ${name}: ${message}`, { code: 'ERR_NSBOX_OUTPUT', stage: 'launch', errno: code })
  }
}
