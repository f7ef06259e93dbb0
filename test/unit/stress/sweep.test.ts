import { expect, test } from 'vitest'
import { gridOf } from '../../../src/stress/grid.ts'
import { knobNames } from '../../../src/stress/knobs.ts'
import type { Measured } from '../../../src/stress/measured.ts'
import { printKnobs } from '../../../src/stress/recipe.ts'
import { orderSeeds, seedOf, shuffled } from '../../../src/stress/seeds.ts'
import { leftOutOfSweep, sweepOf, sweepRuns } from '../../../src/stress/sweep.ts'

const mib = 1024 ** 2
const usual: Measured = { memoryPeakBytes: 150 * mib, wallMs: 500, cpuMs: 300, slowestTestMs: 200 }
const turned = (measured: Measured, missing: Parameters<typeof sweepOf>[1] = new Set()) =>
  sweepOf(measured, missing).map((step) => step && printKnobs(step))

test('fifteen runs, one of each kind early', () => {
  const steps = turned(usual)
  expect(steps).toHaveLength(sweepRuns)
  expect(steps).toMatchInlineSnapshot(`
    [
      "shuffle=tests",
      "freeze=64ms",
      "cpu=0.07/500ms",
      "cores=1,uv=1",
      "tz=+14,locale=tr_TR,hostname=ci-worker-7,monotonic=30d,boottime=30d,clock=2028-01-31T23:59:58",
      "freeze=256ms",
      "twins=2",
      "shuffle=tests",
      "net=none,dns=none,delay=50ms",
      "memory=225M",
      "cpu=0.1",
      "pids=128,nofile=256,inotify=128,disk=64M",
      "freeze=512ms",
      "cores=1,uv=4,twins=3",
      "tz=America/St_Johns,locale=de_DE,clock=2028-03-12T01:59:58",
    ]
  `)
})

test('the memory cap is over what was measured, and never so little that garbage alone fills it', () => {
  expect(turned(usual)).toContain('memory=225M')
  expect(turned({ ...usual, memoryPeakBytes: mib })).toContain('memory=65M')
})

test('what could tell nothing is left out', () => {
  expect(turned({ ...usual, memoryPeakBytes: null }).filter((step) => step === null)).toHaveLength(1)
  // A test that computes for 2 s needs 4 s at a half: the limit of 5 s would be all that fails.
  const slow = turned({ ...usual, slowestTestMs: 2000, cpuMs: 3000 })
  expect(slow.some((step) => step?.startsWith('cpu='))).toBe(false)
  expect(turned({ ...usual, slowestTestMs: 1000, cpuMs: 3000 })).toContain('cpu=0.34/500ms')
})

test('a test that waits needs no processor for that', () => {
  expect(turned({ ...usual, slowestTestMs: 4000, cpuMs: 300 })).toContain('cpu=0.1/500ms')
})

test('a short test meets a long stop too, and a file of many tests is not stopped for minutes', () => {
  expect(turned({ ...usual, slowestTestMs: 10, cpuMs: 60 })).toContain('cpu=0.05/500ms')
  expect(turned({ ...usual, slowestTestMs: 100, cpuMs: 5000 })).toContain('cpu=0.25/500ms')
})

test('knobs that cannot be turned are left out of their steps, and a step of those alone is none', () => {
  const steps = turned(usual, new Set(['pids', 'uv', 'freeze']))
  expect(steps.filter((step) => step === null)).toHaveLength(3)
  expect(steps).toContain('cores=1')
  expect(leftOutOfSweep(new Set(['uv', 'pids', 'loss']))).toEqual(['pids', 'uv'])
})

test('a grid is all combinations, the first knob slowest', () => {
  expect(gridOf({ tz: ['+14', 'UTC'], freeze: [8, 16] })).toEqual([
    { freeze: 8, tz: '+14' },
    { freeze: 8, tz: 'UTC' },
    { freeze: 16, tz: '+14' },
    { freeze: 16, tz: 'UTC' },
  ])
  expect(gridOf({})).toEqual([{}])
})

test('seeds are the same again, and differ', () => {
  const seeds = Array.from({ length: 100 }, (_, number) => seedOf(7, number))
  expect(seeds).toEqual(Array.from({ length: 100 }, (_, number) => seedOf(7, number)))
  expect(new Set(seeds).size).toBeGreaterThan(95)
  expect(seedOf(8, 0)).not.toBe(seeds[0])
})

test.each(Array.from({ length: 20 }, (_, campaign) => campaign))('two orders turn every pair of tests round, with seed %i', (campaign) => {
  const orders = orderSeeds(campaign, 2)
  for (const size of [2, 3, 4]) {
    for (let second = 1; second < size; second++) {
      for (let first = 0; first < second; first++) {
        const isTurned = orders.some((seed) => shuffled(size, seed).indexOf(second) < shuffled(size, seed).indexOf(first))
        expect(isTurned, `${first} before ${second} of ${size}`).toBe(true)
      }
    }
  }
})

test('orders are those of vitest', async () => {
  const { shuffle } = (await import('@vitest/utils/helpers')) as { shuffle: (array: number[], seed: number) => number[] }
  for (const seed of [1, 77, 606_888]) expect(shuffled(6, seed)).toEqual(shuffle([0, 1, 2, 3, 4, 5], seed))
})

test('every knob of a sweep is one that there is', () => {
  for (const step of sweepOf(usual, new Set())) expect(knobNames).toEqual(expect.arrayContaining(Object.keys(step ?? {})))
})
