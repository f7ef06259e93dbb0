// class: async wait
// mechanism: keys that are typed must come before a debounce of 50 ms ends
// knob: cpu, freeze

import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { SearchBox } from './src/search-box.ts'

test('searches once for what was typed', async () => {
  const search = vi.fn()
  const box = new SearchBox(search)
  for (const text of ['f', 'fl', 'fla', 'flak', 'flake']) {
    box.type(text)
    await sleep(1)
  }
  await vi.waitFor(() => expect(search).toHaveBeenCalled())
  expect(search.mock.calls).toEqual([['flake']])
})
