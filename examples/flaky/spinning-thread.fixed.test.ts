// class: race
// mechanism: sleeps until the answer is there (futex(2))
// knob: cores

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'

test('a thread answers through shared memory', { timeout: 60_000 }, async () => {
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./src/answering-worker.ts', import.meta.url), { workerData: cells })
  onTestFinished(async () => void (await worker.terminate()))
  await once(worker, 'message')
  Atomics.store(cells, 0, 7)
  Atomics.notify(cells, 0)
  Atomics.wait(cells, 1, 0)
  expect(Atomics.load(cells, 1)).toBe(49)
})
