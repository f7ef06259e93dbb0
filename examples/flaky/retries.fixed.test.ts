// class: network
// mechanism: the tries are those of the test, and no clock decides
// knob: delay, loss

import { expect, test, vi } from 'vitest'
import { ask } from './src/client.ts'

test('asks until there is an answer', async () => {
  const get = vi.fn<typeof fetch>()
  get.mockRejectedValueOnce(new Error('no answer'))
  get.mockRejectedValueOnce(new Error('no answer'))
  get.mockResolvedValueOnce(new Response('hello ada'))
  expect(await ask('http://greeter/ada', { tries: 3, timeout: 60_000, backoff: 1 }, get)).toBe('hello ada')
  expect(get).toHaveBeenCalledTimes(3)
})
