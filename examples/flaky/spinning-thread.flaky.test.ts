// class: race
// mechanism: spins for an answer that another thread can only give on another processor
// knob: cores

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, onTestFinished, test } from 'vitest'

test('a thread answers through shared memory', async () => {
  const cells = new Int32Array(new SharedArrayBuffer(8))
  const worker = new Worker(new URL('./src/answering-worker.ts', import.meta.url), { workerData: cells })
  onTestFinished(async () => void (await worker.terminate()))
  await once(worker, 'message')
  Atomics.store(cells, 0, 7)
  Atomics.notify(cells, 0)
  let tries = 0
  while (Atomics.load(cells, 1) === 0 && tries < 200_000) tries++
  expect(Atomics.load(cells, 1)).toBe(49)
})
