// class: async wait
// mechanism: the clock of the cache is handed in
// knob: cpu, freeze

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { TtlCache } from './src/ttl-cache.ts'

test('loads once within the TTL, and again after it', async () => {
  let now = 0
  const load = vi.fn(() => readFile(join(import.meta.dirname, 'src/ttl-cache.ts'), 'utf8'))
  const cache = new TtlCache<string>(250, () => now)
  await cache.get('source', load)
  now = 249
  await cache.get('source', load)
  expect(load).toHaveBeenCalledTimes(1)
  now = 250
  await cache.get('source', load)
  expect(load).toHaveBeenCalledTimes(2)
})
