// class: clock
// mechanism: a month after the 31st is expected to have a 31st
// knob: clock

import { expect, test } from 'vitest'

test('the next bill comes in the next month', () => {
  const bill = new Date()
  const month = bill.getMonth()
  bill.setMonth(month + 1)
  expect(bill.getMonth()).toBe((month + 1) % 12)
})
