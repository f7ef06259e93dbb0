// class: race
// mechanism: the test decides who ends first
// knob: uv

import { expect, test } from 'vitest'

test('the cached page is faster than a new one', async () => {
  const making = Promise.withResolvers<string>()
  const cached = Promise.withResolvers<string>()
  const winner = Promise.race([making.promise, cached.promise])
  cached.resolve('cached')
  expect(await winner).toBe('cached')
  making.resolve('made')
})
