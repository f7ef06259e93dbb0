// class: async wait
// mechanism: the test turns the clock of the debounce
// knob: cpu, freeze

import { expect, onTestFinished, test, vi } from 'vitest'
import { SearchBox } from './src/search-box.ts'

test('searches once for what was typed', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const search = vi.fn()
  const box = new SearchBox(search)
  for (const text of ['f', 'fl', 'fla', 'flak', 'flake']) {
    box.type(text)
    vi.advanceTimersByTime(1)
  }
  expect(search).not.toHaveBeenCalled()
  vi.advanceTimersByTime(50)
  expect(search.mock.calls).toEqual([['flake']])
})
