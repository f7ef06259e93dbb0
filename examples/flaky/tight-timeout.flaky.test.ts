// class: async wait
// mechanism: a time limit that is just big enough for the work
// knob: cpu, freeze

import { expect, test } from 'vitest'
import { Passwords } from './src/password.ts'

test('a password matches its hash, and no other', { timeout: 1000 }, () => {
  const passwords = new Passwords()
  const stored = passwords.hash('correct horse')
  expect(passwords.matches('correct horse', stored)).toBe(true)
  expect(passwords.matches('battery staple', stored)).toBe(false)
})
