// Promise: shards that are merged say what one machine would have said, and what does not belong together is refused by name.

import { describe, expect, test } from 'vitest'
import { mergeResults, type Named } from '../../../src/stress/output/merge.ts'
import type { Results } from '../../../src/stress/results.ts'
import { gridResults, results } from '../../support/stress-results.ts'

const all = gridResults()

function shard(index: number, count = 3, more: Partial<Results> = {}): Named {
  const attempts = all.attempts.filter(({ number }) => number % count === index - 1)
  const command = ['stress', 'src', '--shard', `${index}/${count}`, '--cpu', '0.1,1', `--output=out-${index}`]
  const minute = (number: number) => `2026-01-02T03:0${number}:00.000Z`
  const own = { shard: { index, count }, attempts, tests: [], command, startedAt: minute(index), finishedAt: minute(index + 3), ...more }
  return { name: `results-${index}.json`, results: results(own) }
}

test('they are one campaign, in whatever order they come', () => {
  const { results: merged, missing } = mergeResults([shard(3), shard(1), shard(2)])
  expect(missing).toEqual([])
  expect(merged.attempts).toEqual(all.attempts)
  expect(merged.tests).toEqual(all.tests)
  expect(merged.clusters).toEqual(all.clusters)
  expect(merged).toMatchObject({ shard: null, endedEarly: null, command: ['stress', 'src', '--cpu', '0.1,1'] })
  expect([merged.startedAt, merged.finishedAt]).toEqual(['2026-01-02T03:01:00.000Z', '2026-01-02T03:06:00.000Z'])
})

test('what is missing, and what ended early, is told', () => {
  const { results: merged, missing } = mergeResults([shard(1, 4), shard(3, 4, { endedEarly: 'duration' })])
  expect(missing).toEqual([2, 4])
  expect(merged.endedEarly).toBe('shard 3: duration; shard 2 of 4 is missing; shard 4 of 4 is missing')
})

describe('refused:', () => {
  const other = { name: 'b.json', results: { ...shard(2).results, attempts: shard(1).results.attempts } }
  test.each<[string, Named[], string]>([
    ['nothing', [], 'there are no results to merge'],
    ['a whole campaign', [{ name: 'a.json', results: all }], 'a.json is no shard'],
    ['one shard twice', [shard(1), { ...shard(1), name: 'b.json' }], 'b.json and results-1.json are both of shard 1 of 3'],
    ['other seeds', [shard(1), shard(2, 3, { seed: 5 })], 'seed is 77 and 5; run all shards with the same --seed'],
    ['other counts', [shard(1), shard(2, 4)], 'the number of shards is 3 and 4'],
    ['another vitest', [shard(1), shard(2, 3, { vitest: '4.1.0' })], 'vitest is 5.1.1 and 4.1.0'],
    ['other words', [shard(1), shard(2, 3, { command: ['stress', 'test'] })], 'command is stress src --cpu 0.1,1 and stress test'],
    ['attempts that two have', [shard(1), other], 'results-1.json and b.json both have attempt 0'],
  ])('%s', (_, shards, message) => {
    expect(() => mergeResults(shards)).toThrow(message)
  })
})
