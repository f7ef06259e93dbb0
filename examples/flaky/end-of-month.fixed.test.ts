// class: clock
// mechanism: the last day of a month is the test’s, and thought of
// knob: clock

import { expect, test } from 'vitest'
import { monthLater } from './src/calendar.ts'

test('the next bill comes in the next month', () => {
  expect(monthLater(new Date(2026, 4, 12))).toEqual(new Date(2026, 5, 12))
  expect(monthLater(new Date(2027, 0, 31))).toEqual(new Date(2027, 1, 28))
  expect(monthLater(new Date(2026, 11, 31))).toEqual(new Date(2027, 0, 31))
})
