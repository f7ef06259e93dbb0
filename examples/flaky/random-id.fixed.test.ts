// class: randomness
// mechanism: ids that are taken are left out, and the random numbers are those of the test
// knob: seed

import { expect, test } from 'vitest'
import { newId } from './src/short-id.ts'

test('ids differ', () => {
  const numbers = [0.1, 0.1, 0.2, 0.1, 0.3]
  const ids = new Set<string>()
  for (let count = 0; count < 3; count++) ids.add(newId(ids, () => numbers.shift() ?? 0))
  expect([...ids]).toEqual(['1999', '3333', '4ccc'])
})
