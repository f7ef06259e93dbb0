// class: randomness
// mechanism: random numbers are expected to differ
// knob: seed

import { expect, test } from 'vitest'
import { shortId } from './src/short-id.ts'

test('ids differ', () => {
  const ids = new Set(Array.from({ length: 100 }, () => shortId()))
  expect(ids.size).toBe(100)
})
