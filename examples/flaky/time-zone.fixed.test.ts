// class: environment
// mechanism: the time zone is named
// knob: tz

import { expect, test } from 'vitest'
import { bookingDay } from './src/report.ts'

test('a sale in the evening is booked on its day', () => {
  expect(bookingDay(new Date('2026-03-14T20:15:00Z'), 'Europe/Lisbon')).toBe('2026-03-14')
})
