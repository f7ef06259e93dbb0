// A worker thread that answers through shared memory: it waits for a question and stores its square.

import { parentPort, workerData } from 'node:worker_threads'

const cells = workerData as Int32Array
parentPort?.postMessage('ready')
Atomics.wait(cells, 0, 0)
Atomics.store(cells, 1, Atomics.load(cells, 0) ** 2)
Atomics.notify(cells, 1)
