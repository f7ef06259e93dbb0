// Seeds of attempts: from the campaign's own, so that it can be made again.

import { seededRandom } from '../random.ts'

/** Seeds stand in recipes, which people copy: six digits are enough. */
const seeds = 1_000_000

export function seedOf(campaign: number, number: number): number {
  return Math.floor(seededRandom(campaign, `attempt ${number}`)() * seeds)
}

export function anySeed(): number {
  return Math.floor(Math.random() * seeds)
}

/** Suites of so many tests are looked at: in larger ones any shuffle turns most pairs round. */
const sizes = [2, 3, 4, 5, 6, 7, 8]
const candidates = 200

/**
 * Seeds for vitest's shuffle that together put each test before those it usually follows, as far as that can be had: of two tests
 * half of all seeds leave the order as it is.
 */
export function orderSeeds(campaign: number, count: number): number[] {
  const random = seededRandom(campaign, 'orders')
  const given = Array.from({ length: candidates }, () => Math.floor(random() * seeds))
  const turned = new Set<string>()
  return Array.from({ length: count }, () => {
    const [best] = given
      .map((seed) => ({ seed, pairs: turnedPairs(seed) }))
      .sort((a, b) => newAmong(b.pairs, turned) - newAmong(a.pairs, turned)) as [{ seed: number; pairs: string[] }]
    given.splice(given.indexOf(best.seed), 1)
    for (const pair of best.pairs) turned.add(pair)
    return best.seed
  })
}

function newAmong(pairs: readonly string[], turned: ReadonlySet<string>): number {
  return pairs.filter((pair) => !turned.has(pair)).length
}

/** Pairs of tests that change places, for all sizes. */
function turnedPairs(seed: number): string[] {
  return sizes.flatMap((size) => {
    const order = shuffled(size, seed)
    return order.flatMap((first, at) => order.slice(at + 1).flatMap((second) => (second < first ? [`${size}:${second}-${first}`] : [])))
  })
}

/** As vitest does it (`shuffle` of @vitest/utils, the same in 4 and 5). */
export function shuffled(size: number, seed: number): number[] {
  const order = Array.from({ length: size }, (_, index) => index)
  for (let left = size, at = seed; left > 0; at++) {
    const index = Math.floor(vitestsRandom(at) * left--)
    const last = order[left] as number
    order[left] = order[index] as number
    order[index] = last
  }
  return order
}

function vitestsRandom(seed: number): number {
  const x = Math.sin(seed) * 10_000
  return x - Math.floor(x)
}
