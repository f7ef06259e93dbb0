// class: order
// mechanism: tests that share state run one after the other
// knob: freeze, cpu

import { beforeEach, describe, expect, test } from 'vitest'
import { price, settings } from './src/settings.ts'

describe('price', () => {
  beforeEach(() => {
    Object.assign(settings, { currency: 'EUR', digits: 2 })
  })

  test('of a list, in the usual currency', () => {
    expect(price(1999)).toBe('19.99 EUR')
  })

  test('in another currency, once its rate is known', () => {
    Object.assign(settings, { currency: 'JPY', digits: 0 })
    expect(price(199_900)).toBe('1999 JPY')
  })
})
