// class: order
// mechanism: tests that run at once share the state of a module: one is expected to be over when the other changes it
// knob: freeze, cpu

import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import { documents, Indexer } from './src/indexer.ts'
import { price, settings } from './src/settings.ts'

describe.concurrent('price', () => {
  beforeEach(() => {
    Object.assign(settings, { currency: 'EUR', digits: 2 })
  })

  test('of a list, in the usual currency', async () => {
    const indexer = new Indexer()
    await new Promise((resolve) => {
      indexer.once('idle', resolve)
      indexer.add(documents(8))
    })
    expect(price(1999)).toBe('19.99 EUR')
  })

  test('in another currency, once its rate is known', async () => {
    await sleep(150)
    Object.assign(settings, { currency: 'JPY', digits: 0 })
    expect(price(199_900)).toBe('1999 JPY')
  })
})
