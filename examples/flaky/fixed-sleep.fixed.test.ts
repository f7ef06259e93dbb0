// class: async wait
// mechanism: waits for the event itself
// knob: cpu, freeze

import { once } from 'node:events'
import { expect, test } from 'vitest'
import { documents, Indexer } from './src/indexer.ts'

test('indexes every document', async () => {
  const indexer = new Indexer()
  indexer.add(documents(40))
  await once(indexer, 'idle')
  expect(indexer.size).toBe(40)
})
