// class: async wait
// mechanism: the test needs little work: the cost is its own, not that of production
// knob: cpu, freeze

import { expect, test } from 'vitest'
import { Passwords } from './src/password.ts'

test('a password matches its hash, and no other', () => {
  const passwords = new Passwords(4)
  const stored = passwords.hash('correct horse')
  expect(passwords.matches('correct horse', stored)).toBe(true)
  expect(passwords.matches('battery staple', stored)).toBe(false)
})
