// class: order
// mechanism: tests of a file go on with what the one before has left
// knob: shuffle

import { expect, test } from 'vitest'

const basket = new Map<string, number>()

test('puts something in', () => {
  basket.set('apple', 2)
  expect(basket.size).toBe(1)
})

test('adds to it', () => {
  basket.set('apple', (basket.get('apple') ?? 0) + 1)
  expect(basket.get('apple')).toBe(3)
})

test('takes it out', () => {
  expect(basket.delete('apple')).toBe(true)
})
