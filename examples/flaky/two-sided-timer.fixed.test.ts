// class: async wait
// mechanism: the clock of the test is its own
// knob: freeze, cpu

import { expect, onTestFinished, test, vi } from 'vitest'
import { throttle } from './src/throttle.ts'

test('calls come every 100 ms', () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const call = vi.fn()
  const save = throttle(100, call)
  save()
  save()
  vi.advanceTimersByTime(99)
  expect(call).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(call).toHaveBeenCalledTimes(2)
})
