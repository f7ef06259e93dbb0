// class: clock
// mechanism: now is the test’s
// knob: clock

import { expect, test } from 'vitest'
import { sameDay } from './src/calendar.ts'

test('a reminder in ten minutes is due today', () => {
  const now = new Date(2026, 4, 12, 9, 30)
  expect(sameDay(now, new Date(2026, 4, 12, 9, 40))).toBe(true)
  expect(sameDay(new Date(2026, 4, 12, 23, 55), new Date(2026, 4, 13, 0, 5))).toBe(false)
})
