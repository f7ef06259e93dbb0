// class: order
// mechanism: each test has a basket of its own
// knob: shuffle

import { test as base, expect } from 'vitest'

const test = base.extend<{ basket: Map<string, number> }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads a fixture's needs from its pattern
  basket: async ({}, use) => use(new Map([['apple', 2]])),
})

test('puts something in', ({ basket }) => {
  basket.set('pear', 1)
  expect(basket.size).toBe(2)
})

test('adds to it', ({ basket }) => {
  basket.set('apple', (basket.get('apple') ?? 0) + 1)
  expect(basket.get('apple')).toBe(3)
})

test('takes it out', ({ basket }) => {
  expect(basket.delete('apple')).toBe(true)
})
