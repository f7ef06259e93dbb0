// From vitest's account of a file to the result of an attempt.

import { stripVTControlCharacters } from 'node:util'
import type { SerializedError } from 'vitest'
import type { TestCase, TestModule } from 'vitest/node'
import { NsboxError } from '../src/errors.ts'
import type { AttemptError, AttemptResult, TestResult } from '../src/stress/attempt.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { timeouts } from './task-updates.ts'
import { nameOf } from './test-name.ts'

/** What vitest tells of an attempt. */
export interface Account {
  /** Undefined where it never had the file. */
  module: TestModule | undefined
  /** Errors of no file. */
  unhandled: readonly unknown[]
  /** Of a test, by its name. */
  lineOf(test: string): number | null
}

/** @throws NsboxError where nsbox could not run the file, which is no result of it */
export function attemptResult({ module, unhandled, lineOf }: Account, watch: AttemptWatch): AttemptResult {
  const lastWords = lastWordsOf(
    unhandled.flatMap((error) => nsboxCause(error) ?? []),
    watch,
  )
  const known = module ? [...module.children.allTests()].flatMap((test) => testResult(test, watch, lastWords)) : []
  const tests = known.map((test) => ({ ...test, line: lineOf(test.name) }))
  const suites = module ? [module, ...module.children.allSuites()] : []
  const own = [...suites.flatMap((suite) => suite.errors()), ...unhandled.filter((error) => !nsboxCause(error))]
  const errors = own.map((error) => attemptError(error as SerializedError))
  // Where its test is known, it has them.
  if (lastWords && !tests.some((test) => test.errors.includes(lastWords))) errors.push(lastWords)
  const hasFailed = errors.length > 0 || tests.some(({ state }) => state === 'failed')
  const end = watch.killedBy !== undefined ? 'killed' : hasFailed ? 'failed' : 'passed'
  const { usage, held, notTurned, output } = watch
  const caps = [...watch.caps, ...diskCaps([...errors, ...tests.flatMap((test) => test.errors)], watch)]
  return { end, tests, errors, caps, usage, held, notTurned, output: end === 'passed' ? '' : output }
}

/** Of a test that has begun, or is known to have ended: no others of a worker that ended before them. */
function testResult(test: TestCase, { running }: AttemptWatch, lastWords: AttemptError | undefined): Omit<TestResult, 'line'>[] {
  const { state, errors = [] } = test.result()
  const about = { name: nameOf(test), durationMs: test.diagnostic()?.duration ?? 0 }
  if (state === 'pending') return lastWords && running?.id === test.id ? [{ ...about, state: 'failed', errors: [lastWords] }] : []
  // Of one that passed when it was tried again, vitest keeps the errors of before.
  return [{ ...about, state: state === 'passed' && errors.length > 0 ? 'failed' : state, errors: errors.map(attemptError) }]
}

function attemptError(error: { name?: string; message: unknown; stack?: unknown; diff?: unknown }): AttemptError {
  const { name = 'Error', stack = '', diff = '' } = error
  const message = String(error.message)
  return {
    name,
    message,
    stack: String(stack),
    ...(diff !== '' && { diff: stripVTControlCharacters(String(diff)) }),
    isTimeout: timeouts({ errors: [{ message }] }).length > 0,
  }
}

/** How its worker ended, where it did before its file. @throws NsboxError for what it was not the file's to end by */
function lastWordsOf(causes: readonly NsboxError[], { killedBy }: AttemptWatch): AttemptError | undefined {
  if (killedBy !== undefined) return { name: 'Killed', message: killedBy, stack: '', isTimeout: false }
  const [cause] = causes
  if (!cause) return undefined
  if (cause.code !== 'ERR_NSBOX_WORKER_ENDED') throw cause
  return { name: 'WorkerEnded', message: cause.message, stack: '', isTimeout: false }
}

/** Of an error of vitest's pool, what nsbox told it. */
function nsboxCause(error: unknown): NsboxError | undefined {
  if (NsboxError.is(error)) return error
  return error instanceof Error ? nsboxCause(error.cause) : undefined
}

/** A tmpfs that is full says so to whoever writes, and to nobody else. */
function diskCaps(errors: readonly AttemptError[], { knobs }: AttemptWatch): AttemptResult['caps'] {
  if (knobs.disk === undefined && knobs.inodes === undefined) return []
  const full = errors.find(({ message }) => /\b(ENOSPC|EDQUOT)\b|No space left on device/.test(message))
  return full ? [{ limit: 'disk', words: 'its disk was full (ENOSPC)', fatal: false }] : []
}
