// class: race
// mechanism: the broadcast is sent when the worker is ready
// knob: cpu, freeze

import { once } from 'node:events'
import { BroadcastChannel, Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'

test('every worker drops what is no longer good', { timeout: 60_000 }, async () => {
  const worker = new Worker(new URL('./src/cache-worker.ts', import.meta.url))
  const channel = new BroadcastChannel('cache')
  onTestFinished(async () => {
    channel.close()
    await worker.terminate()
  })
  expect(await once(worker, 'message')).toEqual(['ready'])
  channel.postMessage({ drop: 'prices' })
  expect(await once(worker, 'message')).toEqual([{ dropped: 'prices' }])
})
