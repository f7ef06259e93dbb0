import { expect, test } from 'vitest'
import type { Knobs } from '../../../src/stress/knobs.ts'
import { printRecipe } from '../../../src/stress/recipe.ts'
import { confirm, shrink, type Try } from '../../../src/stress/shrink.ts'

/** Fails at the rate that `rate` says, evenly. */
function world(rate: (knobs: Knobs) => number): { tryRuns: Try; runs(): number } {
  const seen = new Map<string, number>()
  let all = 0
  const tryRuns: Try = async (knobs, runs) => {
    all += runs
    const before = seen.get(printRecipe(knobs)) ?? 0
    seen.set(printRecipe(knobs), before + runs)
    const until = (count: number) => Math.floor(count * rate(knobs) + 1e-9)
    return { failed: until(before + runs) - until(before), runs }
  }
  return { tryRuns, runs: () => all }
}

const cpu = (share: number) => ({ share, periodMs: 100 })
const always = { failed: 5, runs: 5 }
const limits = { lanes: 2, runs: 100 }

test('what has nothing to do with it is dropped', async () => {
  const { tryRuns } = world(({ tz }) => (tz === '+14' ? 1 : 0))
  const knobs: Knobs = { cpu: cpu(0.25), freeze: 64, tz: '+14', locale: 'tr_TR', seed: 7 }
  expect(await shrink({ knobs, ...always }, tryRuns, limits)).toEqual({ knobs: { tz: '+14' }, failed: 10, runs: 10 })
})

test('what is left is weakened as far as it still fails', async () => {
  const { tryRuns } = world(({ freeze = 0 }) => (freeze >= 30 ? 1 : 0))
  const { knobs } = await shrink({ knobs: { freeze: 256, seed: 7 }, ...always }, tryRuns, limits)
  expect(knobs).toEqual({ freeze: 32 })
})

test('a recipe that needs two knobs keeps both', async () => {
  const { tryRuns } = world(({ cores, uv }) => (cores === 1 && uv === 1 ? 1 : 0))
  const { knobs } = await shrink({ knobs: { cores: 1, uv: 1, shuffle: 'tests', seed: 7 }, ...always }, tryRuns, limits)
  expect(knobs).toEqual({ cores: 1, uv: 1 })
})

test('a seed that matters stays', async () => {
  const { tryRuns } = world(({ shuffle, seed }) => (shuffle && seed === 7 ? 1 : 0))
  const { knobs } = await shrink({ knobs: { shuffle: 'tests', seed: 7 }, ...always }, tryRuns, limits)
  expect(knobs).toEqual({ shuffle: 'tests', seed: 7 })
})

test('fewer knobs that fail at less than half the rate are not taken', async () => {
  const { tryRuns } = world(({ cpu, freeze }) => (freeze ? (cpu ? 1 : 0.3) : 0))
  const { knobs } = await shrink({ knobs: { cpu: cpu(0.5), freeze: 1, seed: 7 }, ...always }, tryRuns, limits)
  expect(knobs).toEqual({ cpu: cpu(0.5), freeze: 1 })
})

test('it keeps to its number of runs, and hands over what it knows by then', async () => {
  const { tryRuns, runs } = world(({ freeze }) => (freeze ? 1 : 0))
  const knobs: Knobs = { freeze: 512, tz: '+14', locale: 'tr_TR', delay: 50, seed: 7 }
  const smallest = await shrink({ knobs, ...always }, tryRuns, { lanes: 2, runs: 15 })
  expect(runs()).toBeLessThanOrEqual(10)
  expect(smallest.knobs.freeze).toBe(512)
})

test('confirming takes 5 runs, and more until it fails', async () => {
  expect(await confirm({}, world(() => 1).tryRuns)).toEqual({ failed: 5, runs: 5 })
  expect(await confirm({}, world(() => 1 / 8).tryRuns)).toEqual({ failed: 1, runs: 8 })
  expect(await confirm({}, world(() => 0).tryRuns)).toEqual({ failed: 0, runs: 10 })
})

test('where there is no time for more runs it stops', async () => {
  const never: Try = async () => ({ failed: 0, runs: 0 })
  expect(await confirm({ freeze: 8 }, never)).toEqual({ failed: 0, runs: 0 })
  expect(await shrink({ knobs: { freeze: 8 }, ...always }, never, limits)).toEqual({ knobs: { freeze: 8 }, ...always })
})
