// class: clock
// mechanism: ten minutes from now are expected to be on the same day
// knob: clock

import { expect, test } from 'vitest'
import { sameDay } from './src/calendar.ts'

test('a reminder in ten minutes is due today', () => {
  const reminder = new Date(Date.now() + 10 * 60_000)
  expect(sameDay(new Date(), reminder)).toBe(true)
})
