// class: order
// mechanism: what a test changes is put back after it
// knob: shuffle

import { beforeEach, describe, expect, test } from 'vitest'
import { price, settings } from './src/settings.ts'

describe('price', () => {
  beforeEach(() => {
    const before = { ...settings }
    return () => void Object.assign(settings, before)
  })

  test('has two digits', () => {
    expect(price(1999)).toBe('19.99 EUR')
  })

  test('is rounded', () => {
    expect(price(0.4)).toBe('0.00 EUR')
  })

  test('has as many digits as its currency', () => {
    Object.assign(settings, { currency: 'JPY', digits: 0 })
    expect(price(199_900)).toBe('1999 JPY')
  })
})
