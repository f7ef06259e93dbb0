// class: environment
// mechanism: the name of the host is expected to have no hyphen
// knob: hostname

import { expect, test } from 'vitest'
import { ownerOf } from './src/instance.ts'

test('a lock says which process holds it', () => {
  const [, pid] = ownerOf().split('-')
  expect(Number(pid)).toBe(process.pid)
})
