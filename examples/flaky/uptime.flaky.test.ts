// class: clock
// mechanism: the machine is expected to be up for less than 25 days: milliseconds since its start in 32 bits
// knob: monotonic

import { expect, test } from 'vitest'
import { Latencies } from './src/latencies.ts'

test('a request has taken less than a minute', () => {
  const latencies = new Latencies(new Int32Array(16))
  latencies.began()
  expect(latencies.elapsed()).toBeLessThan(60_000)
})
