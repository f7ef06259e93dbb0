// class: async wait
// mechanism: sleeps for a fixed time where it should wait for the event
// knob: cpu, freeze

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { documents, Indexer } from './src/indexer.ts'

test('indexes every document', async () => {
  const indexer = new Indexer()
  indexer.add(documents(40))
  await sleep(300)
  expect(indexer.size).toBe(40)
})
