// class: environment
// mechanism: a number is written as the machine’s locale has it
// knob: locale

import { expect, test } from 'vitest'

test('shows the total', () => {
  const total = [1200, 34.5].reduce((sum, amount) => sum + amount)
  expect(`Total: ${total.toLocaleString()}`).toBe('Total: 1,234.5')
})
