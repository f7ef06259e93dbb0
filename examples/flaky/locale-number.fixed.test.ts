// class: environment
// mechanism: the locale is named
// knob: locale

import { expect, test } from 'vitest'

test('shows the total', () => {
  const total = [1200, 34.5].reduce((sum, amount) => sum + amount)
  expect(`Total: ${total.toLocaleString('en-US')}`).toBe('Total: 1,234.5')
})
