// Promise: runs are counted when they have come to their end, and no others; the first failure stops the rest where that is asked for.

import { expect, test } from 'vitest'
import type { AttemptOrder, AttemptResult } from '../../../src/stress/attempt.ts'
import { type AttemptMaker, hasFailed, repeat } from '../../../src/stress/repeat.ts'

const orderOf = (seed: number): AttemptOrder => ({ file: 'a.test.ts', project: '', knobs: { seed }, timeoutMs: 1000 })
const result = (end: AttemptResult['end']) => ({ end }) as AttemptResult

/** Those with one of the seeds fail, and those with one of the others wait until they are stopped. */
function maker(failing: number[], waiting: number[] = []): AttemptMaker & { begun: number[] } {
  const begun: number[] = []
  return {
    begun,
    run: async ({ knobs: { seed = -1 } }, { signal }) => {
      begun.push(seed)
      if (waiting.includes(seed)) await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
      await Promise.resolve()
      return result(failing.includes(seed) ? 'failed' : 'passed')
    },
  }
}

test('all the way', async () => {
  const runs = await repeat(maker([1, 3]), orderOf, { runs: 5, onFailure: 'go on', lanes: 2 })
  expect(runs.map((run) => [run.number, hasFailed(run)])).toEqual([
    [0, false],
    [1, true],
    [2, false],
    [3, true],
    [4, false],
  ])
})

test('until it fails: what runs beside it is stopped and not counted', async () => {
  const attempts = maker([3], [1])
  const told: number[] = []
  const runs = await repeat(attempts, orderOf, { runs: 100, onFailure: 'stop', lanes: 2 }, ({ number }) => told.push(number))
  expect(runs.map(({ number }) => number)).toEqual([0, 2, 3])
  expect(told).toEqual([0, 2, 3])
  expect(attempts.begun).toEqual([0, 1, 2, 3])
})

test('until it fails: what runs beside it comes to its end', async () => {
  const attempts = maker([0])
  const runs = await repeat(attempts, orderOf, { runs: 100, onFailure: 'finish', lanes: 2 })
  expect(runs.map(({ number }) => number)).toEqual([0, 1])
})

test('until somebody stops it', async () => {
  const stop = new AbortController()
  const runs = await repeat(maker([], [2]), orderOf, { runs: 100, onFailure: 'stop', lanes: 1, signal: stop.signal }, ({ number }) => {
    if (number === 1) setImmediate(() => stop.abort())
  })
  expect(runs.map(({ number }) => number)).toEqual([0, 1])
})

test('until its time is over', async () => {
  expect(await repeat(maker([]), orderOf, { runs: 100, until: performance.now() - 1, onFailure: 'stop', lanes: 1 })).toEqual([])
})

test('an attempt that cannot be made ends it', async () => {
  const attempts: AttemptMaker = { run: () => Promise.reject(new Error('no sandbox')) }
  await expect(repeat(attempts, orderOf, { runs: 9, onFailure: 'go on', lanes: 3 })).rejects.toThrow('no sandbox')
})
