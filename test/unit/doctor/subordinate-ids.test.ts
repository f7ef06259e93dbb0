import { expect, test } from 'vitest'
import { subordinateRange } from '../../../src/doctor/subordinate-ids.ts'

const file = 'ann:100000:65536\n1002:165536:10\nempty:1:0\n'

test.each([
  ['ann', 1001, { first: 100000, count: 65536 }],
  ['bob', 1002, { first: 165536, count: 10 }],
  ['empty', 1003, undefined],
  ['cy', 1004, undefined],
])('%s', (user, uid, range) => {
  expect(subordinateRange(file, user, uid)).toEqual(range)
})
