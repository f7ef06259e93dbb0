// class: clock
// mechanism: the day is counted in the calendar, and it is the test’s
// knob: clock, tz

import { expect, test } from 'vitest'
import { nextDay } from './src/calendar.ts'

test('an alarm rings at the same time tomorrow', () => {
  for (let day = 1; day <= 366; day++) expect(nextDay(new Date(2027, 0, day, 12)).getHours()).toBe(12)
})
