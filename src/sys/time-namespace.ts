// A time namespace: clocks that count from elsewhere (time_namespaces(7)).

import { writeFileSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import { syscall } from './syscall.ts'

const CLONE_NEWTIME = 0x80

/**
 * What this process forks from here on has shifted clocks; the process itself keeps its own. clone(2)
 * cannot do it, its flag lies where the exit signal does. Offsets are in nanoseconds.
 */
export function unshareTime(offsets: { monotonic: bigint; boottime: bigint }): void {
  syscall('unshare', [CLONE_NEWTIME], ['CLONE_NEWTIME'])
  const lines = Object.entries(offsets).map(([clock, offset]) => `${clock} ${secondsAndRest(offset)}\n`)
  try {
    writeFileSync('/proc/self/timens_offsets', lines.join(''))
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERANGE' ? outOfRange() : error
  }
}

/** Clocks that count from the start of the machine may not go below zero, nor above 146 years. */
function outOfRange(): NsboxError {
  return new NsboxError(`The clocks cannot be moved that far: now they are at ${Math.floor(Number(process.hrtime.bigint()) / 1e9)} s`, {
    code: 'ERR_NSBOX_CLOCK',
    stage: 'seal',
    errno: 'ERANGE',
    syscall: 'write',
    hint: 'They count from the start of the machine, and may go neither below zero nor above 146 years.',
  })
}

/** The kernel wants the nanoseconds positive, whatever the sign of the seconds. */
function secondsAndRest(offset: bigint): string {
  const second = 1_000_000_000n
  const rest = ((offset % second) + second) % second
  return `${(offset - rest) / second} ${rest}`
}
