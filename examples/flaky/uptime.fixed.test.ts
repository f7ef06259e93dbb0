// class: clock
// mechanism: milliseconds in 53 bits, and a machine of any age
// knob: monotonic

import { expect, test } from 'vitest'
import { Latencies } from './src/latencies.ts'

test.each([0, 2 ** 31, 2 ** 40])('a request has taken less than a minute, on a machine that is up for %i ms', (uptime) => {
  const latencies = new Latencies(new Float64Array(16))
  latencies.began(uptime)
  expect(latencies.elapsed(uptime + 7)).toBe(7)
})
