// class: clock
// mechanism: a day is expected to have 24 hours
// knob: clock, tz

import { expect, test } from 'vitest'

test('an alarm rings at the same time tomorrow', () => {
  const now = new Date()
  const alarm = new Date(now.getTime() + 24 * 60 * 60_000)
  expect(alarm.getHours()).toBe(now.getHours())
})
