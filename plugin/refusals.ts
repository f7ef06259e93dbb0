// What the sandbox of a worker has refused, file by file, and what would allow it.

import { isIP } from 'node:net'
import { isListening } from '../src/host/listening.ts'
import { quoted, singleQuoted } from '../src/quoted.ts'
import { isNowhere } from './nowhere-names.ts'
import type { RefusedMessage, TestAttempt } from './refused-attempts.ts'
import { addToError, type TaskUpdate, timeouts } from './task-updates.ts'

/** What reporters find in the `meta.nsbox.refused` of a file. */
export interface Refusal {
  /** With the names of its suites. Missing outside of tests, and where several ran at once. */
  test?: string
  host: string
  /** Missing where a name alone was asked for. */
  port?: number
  /** Options that allow it. */
  hint: string
}

export interface FileRefusals {
  refused: Refusal[]
  /** How many more there were. */
  refusedMore: number
}

interface Known extends Refusal {
  testId: string | undefined
  isLocal: boolean
}

/** Of one file, that are looked at: for those of localhost the host's tables of sockets are read. */
const mostLooked = 100

export class Refusals {
  readonly #files = new Map<string, { known: Known[]; looked: number; more: number }>()

  /** A file runs, maybe again. */
  begin(file: string): void {
    this.#files.delete(file)
  }

  see({ file, attempts, more, reached }: Omit<RefusedMessage, 'nsbox'>): void {
    const of = this.#files.get(file) ?? { known: [], looked: 0, more: 0 }
    this.#files.set(file, of)
    const first = attempts.slice(0, mostLooked - of.looked)
    of.looked += first.length
    const found = first.filter(({ local, port }) => !local || (port !== undefined && isListening(port)))
    of.known = [...of.known, ...found.map(known)].filter(({ isLocal, port = 0 }) => !isLocal || !reached.includes(port))
    of.more += more + attempts.length - first.length
  }

  /** Names that programs of the file asked for in vain, besides those that are known. */
  seeNames(file: string, names: readonly string[]): void {
    const known = new Set(this.#files.get(file)?.known.map(({ host }) => host.toLowerCase()))
    const asked = names.filter((name) => !known.has(name) && !isNowhere(name))
    this.see({ file, attempts: asked.map((host) => ({ host })), more: 0, reached: [] })
  }

  of(file: string): FileRefusals {
    const { known, more } = this.#files.get(file) ?? { known: [], more: 0 }
    return { refused: known.map(({ testId: _, isLocal: __, ...refusal }) => refusal), refusedMore: more }
  }

  /** Says it in the errors of tests that failed because of it. */
  explain(file: string, { packs }: TaskUpdate): void {
    const known = this.#files.get(file)?.known ?? []
    if (known.length === 0) return
    for (const [id, result] of packs) {
      const own = known.filter(({ testId }) => testId === id)
      if (own.length === 0) continue
      const late = timeouts(result)
      for (const error of result?.errors ?? []) {
        const causes = own.filter(({ host }) => late.includes(error) || mentions(error, host))
        for (const refusal of causes)
          addToError(error, `${quoted(hostAndPort(refusal))} cannot be reached from the sandbox; allow it with ${refusal.hint}`)
      }
    }
  }
}

function known(attempt: TestAttempt): Known {
  const { host, port, test } = attempt
  const hint = hintFor(attempt)
  return {
    ...(test && { test: test.name }),
    testId: test?.id,
    isLocal: attempt.local !== undefined,
    host,
    ...(port !== undefined && { port }),
    hint,
  }
}

function hintFor({ host, port, local }: TestAttempt): string {
  if (local) return `forward: [${port}]`
  if (isIP(host)) return "net: 'host'"
  const isHere = port !== undefined && isListening(port)
  return isHere
    ? `hosts: { ${singleQuoted(host)}: '127.0.0.1' } and forward: [${port}], where something listens, or net: 'host'`
    : `net: 'host', or hosts: { ${singleQuoted(host)}: '127.0.0.1' } for a server of the test's own`
}

export function hostAndPort({ host, port }: Refusal): string {
  if (port === undefined) return host
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Errors of fetch have the reason in their cause, those of several attempts in a list. */
function mentions(error: unknown, host: string, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false
  const { message, cause, errors } = error as { message?: unknown; cause?: unknown; errors?: unknown }
  if (typeof message === 'string' && message.includes(host)) return true
  return [cause, ...(Array.isArray(errors) ? errors : [])].some((inner) => mentions(inner, host, depth + 1))
}
