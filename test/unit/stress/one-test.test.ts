// Promise: of a run of the whole file, one test is told of as if nobody had looked at the others.

import { expect, test } from 'vitest'
import type { AttemptResult, TestResult } from '../../../src/stress/attempt.ts'
import { chosenBy, resultOf } from '../../../src/stress/one-test.ts'

const ran = (name: string, state: TestResult['state']) => ({ name, state }) as TestResult
const result = (end: AttemptResult['end'], tests: TestResult[], errors: unknown[] = []) =>
  ({ end, tests, errors }) as unknown as AttemptResult

test('failures of others do not count', () => {
  const whole = result('failed', [ran('a > one', 'passed'), ran('a > two', 'failed'), ran('b > one', 'passed')])
  expect(resultOf(whole, 'a > one')).toMatchObject({ end: 'passed', tests: [{ name: 'a > one' }] })
  expect(resultOf(whole, 'a > two')).toMatchObject({ end: 'failed', tests: [{ name: 'a > two' }] })
  expect(resultOf(whole, 'a')).toMatchObject({ end: 'failed', tests: [{ name: 'a > one' }, { name: 'a > two' }] })
  expect(resultOf(whole, 'b').end).toBe('passed')
})

test('what ended the file ended its tests', () => {
  expect(resultOf(result('killed', [ran('a', 'passed')]), 'a').end).toBe('killed')
  expect(resultOf(result('failed', [ran('a', 'passed')], [{}]), 'a').end).toBe('failed')
})

test('a name that is not there is told with those that are', () => {
  const none = resultOf(result('failed', [ran('a', 'failed'), ran('b', 'passed')]), 'c')
  expect(chosenBy(none, 'c')).toEqual({ is: 'nothing', why: 'it has no test "c"; it has "a", "b"' })
})
