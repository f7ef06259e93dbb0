// Attempts of a campaign as its worker processes would tell of them.

import type { AttemptError, AttemptResult, TestResult } from '../../src/stress/attempt.ts'
import { parseRecipe } from '../../src/stress/recipe.ts'
import type { Attempt } from '../../src/stress/results.ts'

export const root = '/home/u/project'

export function errorOf(message: string, over: Partial<AttemptError> = {}): AttemptError {
  const stack = `Error: ${message}\n    at ${root}/src/a.test.ts:12:7\n    at file://${root}/node_modules/@vitest/runner/dist/index.js:145:11`
  return { name: 'Error', message, stack, isTimeout: false, ...over }
}

export const timeout: AttemptError = errorOf('Test timed out in 5000ms.', { isTimeout: true })

/** A test that passed, was skipped, or failed with these errors. */
export function test(name: string, outcome: 'passed' | 'skipped' | AttemptError[] = 'passed', over: Partial<TestResult> = {}): TestResult {
  const errors = Array.isArray(outcome) ? outcome : []
  const state = Array.isArray(outcome) ? 'failed' : outcome
  return { name, state, errors, durationMs: 12, line: 3, ...over }
}

export function killed(limit: AttemptResult['caps'][number]['limit'], words: string): Partial<AttemptResult> {
  return { end: 'killed', tests: [], caps: [{ limit, words, fatal: true }] }
}

let made = 0

/** What it tells of its tests, or anything of its result. */
export function attempt(
  phase: Attempt['phase'],
  recipe: string,
  told: TestResult[] | Partial<AttemptResult>,
  file = 'src/a.test.ts',
): Attempt {
  const given: Partial<AttemptResult> = Array.isArray(told) ? { tests: told } : told
  const failed = given.tests?.some(({ state }) => state === 'failed') || (given.errors?.length ?? 0) > 0
  return {
    number: made++,
    phase,
    order: { file, project: '', knobs: parseRecipe(`n1:${recipe}`), timeoutMs: 60_000 },
    result: {
      end: failed ? 'failed' : 'passed',
      tests: [],
      errors: [],
      caps: [],
      usage: { wallMs: 400, cpuMs: 300, throttledMs: null, memoryPeakBytes: null },
      held: {},
      notTurned: [],
      output: '',
      ...given,
    },
    startedAt: '2026-01-01T00:00:00.000Z',
  }
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
