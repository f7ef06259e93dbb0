import { expect, test } from 'vitest'
import { addToTimeout, timeouts } from '../../../plugin/task-updates.ts'

const late = 'Test timed out in 500ms.\nIf this is a long-running test, pass a timeout value.'

test.each([
  [late, 'Test timed out in 500ms (0.6 s).\nIf this is a long-running test, pass a timeout value.'],
  ['Hook timed out in 10000ms while waiting for x.', 'Hook timed out in 10000ms (0.6 s) while waiting for x.'],
])('%j becomes %j, in its stack too', (message, longer) => {
  const error = { message, stack: `Error: ${message}\n    at a.ts:1:1` }
  addToTimeout(error, '0.6 s')
  expect(error).toEqual({ message: longer, stack: `Error: ${longer}\n    at a.ts:1:1` })
})

test('only errors of vitest’s own are about time', () => {
  expect(timeouts(undefined)).toEqual([])
  expect(timeouts({ errors: [{ message: 'it timed out in 500ms' }, {}, { message: late }] })).toEqual([{ message: late }])
})
