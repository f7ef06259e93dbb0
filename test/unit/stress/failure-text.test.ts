// Promise: what failed in an attempt is told as vitest tells it, with a place that an editor can go to.

import { describe, expect, test } from 'vitest'
import type { AttemptError, AttemptResult } from '../../../src/stress/attempt.ts'
import { failureText, firstFailure, isTimeoutOnly } from '../../../src/stress/failure-text.ts'

const source = ['line one', 'line two', '  expect(1).toBe(2)', 'line four', 'line five', 'line six'].join('\n')
const sources = { root: '/p', read: (path: string) => (path === '/p/a.test.ts' ? source : undefined) }

const wrong: AttemptError = {
  name: 'AssertionError',
  message: 'expected 1 to be 2',
  stack: `AssertionError: expected 1 to be 2
    at check (/p/node_modules/lib/index.js:9:1)
    at /p/a.test.ts:3:13
    at file:///p/b.ts?v=1:7:2
    at processTicksAndRejections (node:internal/process/task_queues:104:5)`,
  diff: '- Expected\n+ Received\n\n- 2\n+ 1\n',
  isTimeout: false,
}
const late: AttemptError = { name: 'Error', message: 'Test timed out in 5000ms.\nIf this is', stack: '', isTimeout: true }

function attempt(errors: AttemptError[], rest: Partial<AttemptResult> = {}): AttemptResult {
  return {
    end: 'failed',
    tests: [
      { name: 'suite > adds', state: errors.length > 0 ? 'failed' : 'passed', durationMs: 1, errors, line: 3 },
      { name: 'other', state: 'passed', durationMs: 1, errors: [], line: null },
    ],
    errors: [],
    caps: [],
    usage: { wallMs: 1, cpuMs: 1, throttledMs: null, memoryPeakBytes: null },
    held: {},
    notTurned: [],
    output: '',
    ...rest,
  }
}

describe('the whole of it', () => {
  test('has the message, the diff, and the line of the source', () => {
    expect(failureText('a.test.ts', attempt([wrong]), sources)).toBe(` FAIL  a.test.ts > suite > adds
AssertionError: expected 1 to be 2

- Expected
+ Received

- 2
+ 1

 ❯ a.test.ts:3:13
    1| line one
    2| line two
    3|   expect(1).toBe(2)
     |             ^
    4| line four
    5| line five
 ❯ b.ts:7:2
`)
  })

  test('has what was printed, and nothing that moves a cursor', () => {
    const printed = attempt([], { output: 'one\x1b[2J\n\x07two\n' })
    expect(failureText('a.test.ts', printed, sources)).toBe('it printed:\none\n\\u{7}two\n')
  })

  test('has colours where they are asked for', () => {
    expect(
      failureText('a.test.ts', attempt([wrong]), sources, (part, text) => `<${part}>${text}`),
    ).toContain(`<message>AssertionError: expected 1 to be 2

<expected>- Expected
<received>+ Received

<expected>- 2
<received>+ 1

 ❯ <place>a.test.ts:3:13
<source>    1| line one`)
  })

  test('has what killed it', () => {
    const killed = attempt([], { end: 'killed', caps: [{ limit: 'memory', words: 'killed by its memory cap of 64 MiB', fatal: true }] })
    expect(failureText('a.test.ts', killed, sources)).toBe('killed by its memory cap of 64 MiB')
  })

  test('has errors of the file, and frames of packages where there are no others', () => {
    const error = { ...wrong, diff: undefined, stack: 'at x (/p/node_modules/lib/index.js:9:1)' } as unknown as AttemptError
    expect(failureText('a.test.ts', attempt([], { errors: [error] }), sources)).toBe(` FAIL  a.test.ts
AssertionError: expected 1 to be 2

 ❯ x node_modules/lib/index.js:9:1
`)
  })
})

describe('in one line', () => {
  test.each([
    ['an assertion', attempt([wrong]), 'AssertionError: expected 1 to be 2 in "suite > adds"'],
    ['a time-out', attempt([late]), 'a time-out in "suite > adds"'],
    ['of the file', attempt([], { errors: [wrong] }), 'AssertionError: expected 1 to be 2'],
    ['a cap', attempt([late], { caps: [{ limit: 'memory', words: 'killed by its cap', fatal: true }] }), 'being killed by its cap'],
    ['nothing', attempt([]), 'a failure that says nothing'],
  ])('%s', (_, result, words) => {
    expect(firstFailure(result)).toBe(words)
  })
})

test('time-outs are told apart', () => {
  expect(isTimeoutOnly(attempt([late]))).toBe(true)
  expect(isTimeoutOnly(attempt([late, wrong]))).toBe(false)
  expect(isTimeoutOnly(attempt([]))).toBe(false)
})
