// class: async wait
// mechanism: a timer must be neither early nor late
// knob: freeze, cpu

import { expect, test } from 'vitest'
import { throttle } from './src/throttle.ts'

test('calls come every 100 ms', async () => {
  const calls: number[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const save = throttle(100, () => {
    calls.push(performance.now())
    if (calls.length === 6) resolve()
    else setImmediate(save)
  })
  save()
  await promise
  for (const [index, time] of calls.slice(1).entries()) {
    const gap = time - (calls[index] ?? 0)
    expect(gap).toBeGreaterThan(95)
    expect(gap).toBeLessThan(150)
  }
})
