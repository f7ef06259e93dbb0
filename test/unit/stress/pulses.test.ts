import { expect, test } from 'vitest'
import { seededRandom } from '../../../src/random.ts'
import { type Pulse, pulses } from '../../../src/stress/pulses.ts'

function first(count: number, longestMs: number, seed: number): Pulse[] {
  const schedule = pulses(longestMs, seed)
  return Array.from({ length: count }, () => schedule.next().value)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)

test('the same seed stops at the same times, another one does not', () => {
  expect(first(50, 2000, 7)).toEqual(first(50, 2000, 7))
  expect(first(50, 2000, 7)).not.toEqual(first(50, 2000, 8))
})

test.each([2, 64, 2000])('stops of up to %i ms are log-uniform from 1 ms on', (longest) => {
  const stops = first(10_000, longest, 1).map(({ stopMs }) => stopMs)
  expect(Math.min(...stops)).toBeGreaterThanOrEqual(1)
  expect(Math.max(...stops)).toBeLessThanOrEqual(longest)
  expect(stops.filter((stop) => stop < Math.sqrt(longest)).length / stops.length).toBeCloseTo(0.5, 1)
})

test.each([1, 64, 2000])('a third of the time is stopped, with stops of up to %i ms', (longest) => {
  const all = first(20_000, longest, 3)
  const stopped = sum(all.map(({ stopMs }) => stopMs))
  expect(stopped / (stopped + sum(all.map(({ runMs }) => runMs)))).toBeCloseTo(1 / 3, 1)
})

test('numbers of a seed are spread evenly, and those of two purposes have nothing in common', () => {
  const [one, other] = ['one', 'other'].map((purpose) => seededRandom(77, purpose)) as [() => number, () => number]
  const pairs = Array.from({ length: 10_000 }, () => [one(), other()] as [number, number])
  for (const column of [0, 1] as const) {
    const buckets = new Array<number>(10).fill(0)
    for (const pair of pairs) buckets[Math.floor(pair[column] * 10)] = (buckets[Math.floor(pair[column] * 10)] ?? 0) + 1
    for (const count of buckets) expect(count / 1000).toBeCloseTo(1, 0)
  }
  const mean = sum(pairs.map(([a, b]) => (a - 0.5) * (b - 0.5))) / pairs.length
  expect(mean * 12).toBeCloseTo(0, 1)
})
