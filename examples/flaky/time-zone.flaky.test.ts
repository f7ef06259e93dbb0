// class: environment
// mechanism: the day of a moment is that of the machine’s time zone
// knob: tz

import { expect, test } from 'vitest'
import { bookingDay } from './src/report.ts'

test('a sale in the evening is booked on its day', () => {
  expect(bookingDay(new Date('2026-03-14T20:15:00Z'))).toBe('2026-03-14')
})
