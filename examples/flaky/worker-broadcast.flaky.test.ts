// class: race
// mechanism: worker thread: a broadcast that is sent before the worker listens is lost
// knob: cpu, freeze

import { setTimeout as sleep } from 'node:timers/promises'
import { BroadcastChannel, Worker } from 'node:worker_threads'
import { expect, onTestFinished, test, vi } from 'vitest'

test('every worker drops what is no longer good', async () => {
  const worker = new Worker(new URL('./src/cache-worker.ts', import.meta.url))
  const channel = new BroadcastChannel('cache')
  onTestFinished(async () => {
    channel.close()
    await worker.terminate()
  })
  const said: unknown[] = []
  worker.on('message', (message) => said.push(message))
  await sleep(500)
  channel.postMessage({ drop: 'prices' })
  await vi.waitFor(() => expect(said).toContainEqual({ dropped: 'prices' }), { timeout: 2000 })
})
