import { expect, test } from 'vitest'
import { depthFirst } from '../../../src/changes/depth-first.ts'

test('parents come before what they hold, and are left after it', () => {
  const tree: Record<string, string[]> = { a: ['b', 'c'], b: ['d'] }
  const order: string[] = []
  for (const node of depthFirst(
    ['a', 'e'],
    (name) => tree[name] ?? [],
    (name) => order.push(`left ${name}`),
  ))
    order.push(node)
  expect(order).toEqual(['a', 'b', 'd', 'left d', 'left b', 'c', 'left c', 'left a', 'e', 'left e'])
})

test('more levels than calls fit on a stack', () => {
  let last = 0
  for (const level of depthFirst([1], (level) => (level < 200_000 ? [level + 1] : []))) last = level
  expect(last).toBe(200_000)
})
