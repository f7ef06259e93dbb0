// class: async wait
// mechanism: a second look must come before a TTL of 250 ms ends
// knob: cpu, freeze

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { documents, Indexer } from './src/indexer.ts'
import { TtlCache } from './src/ttl-cache.ts'

test('loads once within the TTL, and again after it', async () => {
  const load = vi.fn(() => readFile(join(import.meta.dirname, 'src/ttl-cache.ts'), 'utf8'))
  const cache = new TtlCache<string>(250)
  await cache.get('source', load)
  const indexer = new Indexer()
  await new Promise((resolve) => {
    indexer.once('idle', resolve)
    indexer.add(documents(8))
  })
  await cache.get('source', load)
  expect(load).toHaveBeenCalledTimes(1)
})
