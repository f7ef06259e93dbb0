// Promise: the smallest caps are found for each file, with what fails below them; caps that do not do together are raised together.

import { expect, test } from 'vitest'
import type { AttemptOrder, AttemptResult } from '../../../src/stress/attempt.ts'
import type { AttemptMaker } from '../../../src/stress/repeat.ts'
import { type ThresholdOptions, Thresholds } from '../../../src/stress/threshold.ts'

const mebibyte = 1024 ** 2

function result(failure?: 'time-out' | 'memory' | 'other'): AttemptResult {
  const error = { name: 'Error', message: 'no', stack: '', isTimeout: failure === 'time-out' }
  return {
    end: failure === undefined ? 'passed' : failure === 'memory' ? 'killed' : 'failed',
    tests: [{ name: 'it', state: failure ? 'failed' : 'passed', durationMs: 1, errors: failure ? [error] : [], line: null }],
    errors: [],
    caps: failure === 'memory' ? [{ limit: 'memory', words: 'killed by its memory cap', fatal: true }] : [],
    usage: { wallMs: 1000, cpuMs: 500, throttledMs: null, memoryPeakBytes: 40 * mebibyte },
    held: {},
    notTurned: [],
    output: '',
  }
}

const need: Record<string, { cpu: number; bytes: number }> = {
  'cpu.test.ts': { cpu: 0.3, bytes: 0 },
  'memory.test.ts': { cpu: 0, bytes: 90 * mebibyte },
  'both.test.ts': { cpu: 0, bytes: 0 },
  'broken.test.ts': { cpu: 9, bytes: 0 },
  'hungry.test.ts': { cpu: 0, bytes: 9e15 },
}

const attempts = (orders: AttemptOrder[] = []): AttemptMaker => ({
  run: async (order) => {
    orders.push(order)
    const { cpu, memory } = order.knobs
    const { cpu: share, bytes } = need[order.file] as { cpu: number; bytes: number }
    if (order.file === 'broken.test.ts') return result('other')
    if (memory !== undefined && memory < bytes) return result('memory')
    // Less memory costs time.
    const isBoth = order.file === 'both.test.ts' && memory !== undefined && cpu !== undefined
    return cpu !== undefined && cpu.share < (isBoth ? 0.6 : share) ? result('time-out') : result()
  },
})

const options = (rest: Partial<ThresholdOptions> = {}): ThresholdOptions => ({
  runs: 3,
  ladders: { cpu: [0.1, 0.2, 0.35, 0.5, 0.7, 1], memory: [16, 32, 64, 96, 128].map((size) => size * mebibyte) },
  lanes: 2,
  timeoutMs: 1000,
  signal: new AbortController().signal,
  ended: () => undefined,
  ...rest,
})

const target = (file: string) => ({ file, project: '' })

test('each cap by itself, with what fails below it', async () => {
  const thresholds = new Thresholds(attempts(), options())
  expect(await thresholds.of(target('cpu.test.ts'))).toMatchObject({
    baseline: { failed: 0, runs: 3, first: null, cpuMs: 500, memoryPeakBytes: 40 * mebibyte },
    cpu: {
      passes: { value: 0.35, failed: 0, runs: 3, first: null },
      fails: { value: 0.2, failed: 3, runs: 3, first: { words: 'a time-out in "it"', kind: 'time-out' } },
    },
    memory: { passes: { value: 16 * mebibyte }, fails: null },
  })
  expect(await thresholds.of(target('memory.test.ts'))).toMatchObject({
    cpu: { passes: { value: 0.1 }, fails: null },
    memory: { passes: { value: 96 * mebibyte }, fails: { value: 64 * mebibyte, first: { kind: 'out of memory' } } },
  })
})

test('what fails without caps is searched no further', async () => {
  const orders: AttemptOrder[] = []
  const found = await new Thresholds(attempts(orders), options({ lanes: 1 })).of(target('broken.test.ts'))
  expect(found).toMatchObject({ baseline: { failed: 1, runs: 1, first: { kind: 'failure' } }, cpu: null, memory: null })
  expect(orders).toHaveLength(1)
})

test('what passes under no cap is told', async () => {
  const thresholds = new Thresholds(attempts(), options())
  const hungry = await thresholds.of(target('hungry.test.ts'))
  expect(hungry.memory).toMatchObject({ passes: null, fails: { value: 128 * mebibyte, failed: 3 } })
  expect(await thresholds.together([hungry])).toMatchObject({ cpu: 0.1, memory: null, step: { failed: 0 } })
})

test('all files together have the largest, and more where that does not do', async () => {
  const thresholds = new Thresholds(attempts(), options())
  const files = await Promise.all(['cpu.test.ts', 'memory.test.ts'].map((file) => thresholds.of(target(file))))
  expect(await thresholds.together(files)).toEqual({ cpu: 0.35, memory: 96 * mebibyte, step: { failed: 0, runs: 6, first: null } })
  const more = [...files, await thresholds.of(target('both.test.ts'))]
  expect(await thresholds.together(more)).toEqual({ cpu: 0.7, memory: 96 * mebibyte, step: { failed: 0, runs: 9, first: null } })
})

test('one cap alone', async () => {
  const thresholds = new Thresholds(attempts(), options({ ladders: { cpu: [0.1, 1] } }))
  const found = await thresholds.of(target('cpu.test.ts'))
  expect(found).toMatchObject({ cpu: { passes: { value: 1 } }, memory: null })
  expect(await thresholds.together([found])).toMatchObject({ cpu: 1, memory: null })
})

test('somebody stops it', async () => {
  const stop = new AbortController()
  const thresholds = new Thresholds(attempts(), options({ signal: stop.signal, ended: () => stop.abort(new Error('enough')) }))
  await expect(thresholds.of(target('cpu.test.ts'))).rejects.toThrow('enough')
})
