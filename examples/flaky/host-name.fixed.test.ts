// class: environment
// mechanism: the name of the host is the test’s, and may have anything in it
// knob: hostname

import { expect, test } from 'vitest'
import { ownerOf, pidOf } from './src/instance.ts'

test('a lock says which process holds it', () => {
  expect(pidOf(ownerOf())).toBe(process.pid)
  expect(pidOf(ownerOf('runner-7.ci-2.example', 42))).toBe(42)
})
