import { expect, test } from 'vitest'
import { longestWithin } from '../../../plugin/starts.ts'

const ran = (name: string, startTime?: number, duration?: number) => ({
  type: 'test',
  id: name,
  name,
  fullTestName: `suite > ${name}`,
  ...(startTime !== undefined && { result: { startTime, ...(duration !== undefined && { duration }) } }),
})
const file = {
  type: 'suite',
  id: 'file',
  name: 'file',
  tasks: [
    { type: 'suite', id: 'suite', name: 'suite', tasks: [ran('first', 100, 4), ran('second', 104, 20), ran('skipped')] },
    ran('runs', 200),
  ],
}

test.each([
  ['one that ran for all of it', 110, 'suite > second'],
  ['the one that ran for most of it', 95, 'suite > first'],
  ['one that still runs', 500, 'suite > runs'],
  ['none between two', 150, undefined],
  ['none before the first', 50, undefined],
])('of a process that began at some time: %s', (_, from, name) => {
  expect(longestWithin(file, from, from + 10)).toBe(name)
})
