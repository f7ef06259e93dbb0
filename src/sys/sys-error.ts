// A failed system call, written the way strace writes it.

import { constants } from 'node:os'
import { NsboxError } from '../errors.ts'
import { inQuotes } from '../quoted.ts'
import { Map, Object, String, Uint8Array } from '../untouched.ts'

/** EWOULDBLOCK is the same number, and comes later. */
const names = new Map([
  ...Object.entries(constants.errno).map(([name, number]) => [number, name] as const),
  [constants.errno.EAGAIN, 'EAGAIN'],
])

export class SysError extends NsboxError {
  constructor(syscall: string, args: readonly unknown[], errno: number) {
    const name = names.get(errno) ?? `errno ${errno}`
    super(`${syscall}(${args.map(formatArgument).join(', ')}) failed: ${name}`, {
      code: 'ERR_NSBOX_SYSCALL',
      stage: 'seal',
      errno: name,
      syscall,
    })
  }
}

function formatArgument(value: unknown): string {
  if (typeof value === 'string') return value.length > 120 ? `${inQuotes(value.slice(0, 117))}...` : inQuotes(value)
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  if (value === null || value === undefined) return 'NULL'
  return String(value)
}

/** A flag word that prints as `MS_BIND|MS_REC` and counts as its number. */
export class Flags<T extends Record<string, number>> {
  readonly value: number
  readonly #names: string[]

  constructor(table: T, names: readonly (keyof T & string)[]) {
    this.#names = [...names]
    this.value = names.reduce((word, name) => (word | (table[name] as number)) >>> 0, 0)
  }

  toString(): string {
    return this.#names.join('|') || '0'
  }
}
