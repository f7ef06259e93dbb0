// From vitest's account of a file to the result of an attempt.

import { stripVTControlCharacters } from 'node:util'
import type { SerializedError } from 'vitest'
import type { TestCase, TestModule } from 'vitest/node'
import { NsboxError } from '../src/errors.ts'
import type { AttemptError, AttemptResult, TestResult } from '../src/stress/attempt.ts'
import type { AttemptWatch } from './attempt-watch.ts'
import { timeouts } from './task-updates.ts'

/** `unhandled` are the errors of no file. @throws NsboxError where it could not be tried */
export function attemptResult(module: TestModule | undefined, unhandled: readonly unknown[], watch: AttemptWatch): AttemptResult {
  const own = unhandled.filter((error) => !isTheEnd(error, watch))
  const tests = module ? [...module.children.allTests()].flatMap((test) => testResult(test, watch)) : []
  const suites = module ? [module, ...module.children.allSuites()] : []
  const errors = [...suites.flatMap((suite) => suite.errors()), ...own].map((error) => attemptError(error as SerializedError))
  const hasFailed = errors.length > 0 || tests.some(({ state }) => state === 'failed')
  const end = watch.wasKilled ? 'killed' : hasFailed ? 'failed' : 'passed'
  const { caps, usage, held, notTurned, output } = watch
  return { end, tests, errors, caps, usage, held, notTurned, output: end === 'passed' ? '' : output }
}

/** None of a test that has not begun. */
function testResult(test: TestCase, watch: AttemptWatch): TestResult[] {
  const { state, errors = [] } = test.result()
  const about = { name: nameOf(test), durationMs: test.diagnostic()?.duration ?? 0, line: test.location?.line ?? null }
  if (state === 'pending') {
    const { result } = (test as unknown as { task: { result?: { state: string } } }).task
    return result?.state === 'run' ? [{ ...about, state: 'failed', errors: watch.lastWords }] : []
  }
  // Of one that passed at last, vitest keeps the errors of the tries before.
  return [{ ...about, state: state === 'passed' && errors.length > 0 ? 'failed' : state, errors: errors.map(attemptError) }]
}

function nameOf(test: TestCase): string {
  const names = [test.name]
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) names.unshift(parent.name)
  return names.join(' > ')
}

function attemptError(error: { name?: string; message: string; stack?: string; diff?: string }): AttemptError {
  const { name = 'Error', message, stack = '', diff } = error
  return {
    name,
    message: String(message),
    stack: String(stack),
    ...(typeof diff === 'string' && diff !== '' && { diff: stripVTControlCharacters(diff) }),
    isTimeout: timeouts({ errors: [{ message: String(message) }] }).length > 0,
  }
}

/** Whether it tells of the worker's end, which the watch knows more of. @throws NsboxError where nsbox could not run the file */
function isTheEnd(error: unknown, { wasKilled }: AttemptWatch): boolean {
  const cause = nsboxCause(error)
  if (!cause) return false
  if (cause.code === 'ERR_NSBOX_WORKER_ENDED') return wasKilled
  throw cause
}

function nsboxCause(error: unknown): NsboxError | undefined {
  if (NsboxError.is(error)) return error
  return error instanceof Error ? nsboxCause(error.cause) : undefined
}
