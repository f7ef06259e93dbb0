// What an attempt says of tests that failed.

import { expect } from 'vitest'
import type { AttemptResult } from '../../src/stress/attempt.ts'

/** What each test that failed said, on its first line. */
export function failures({ tests, errors }: AttemptResult): Record<string, string> {
  expect(errors).toEqual([])
  return Object.fromEntries(tests.flatMap(({ name, state, errors: [first] }) => (state === 'failed' ? [[name, first?.message ?? '']] : [])))
}

/** Two copies of network-knobs/twins.test.ts got in each other's way, and in no other than they may. */
export function expectToMeet(result: AttemptResult): void {
  expect(result).toMatchObject({ end: 'failed', output: expect.stringMatching(/^nsbox: of 2 copies at once, copy 1 \w+, copy 2 \w+;/) })
  const failed = Object.keys(failures(result))
  expect(failed.length).toBeGreaterThan(0)
  expect(['a fixed port', 'a fixed place']).toEqual(expect.arrayContaining(failed))
}
