// class: async wait
// mechanism: a timer must be neither early nor late
// knob: freeze, cpu

import { expect, test } from 'vitest'
import { throttle } from './src/throttle.ts'

test('the second call comes after 100 ms', async () => {
  const calls: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const save = throttle(100, () => {
    calls.push(performance.now())
    if (calls.length === 2) resolve()
  })
  save()
  save()
  await promise
  const [first = 0, second = 0] = calls
  expect(second - first).toBeGreaterThan(95)
  expect(second - first).toBeLessThan(150)
})
