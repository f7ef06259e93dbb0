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
const candidates = 300

/**
 * Seeds for vitest's shuffle that together put each test before those it usually follows, as far as that can be had: of two tests
 * half of all seeds leave the order as it is.
 */
export function orderSeeds(campaign: number, count: number): number[] {
  if (count === 0) return []
  const random = seededRandom(campaign, 'orders')
  const given = Array.from({ length: candidates }, () => Math.floor(random() * seeds)).map((seed) => ({ seed, pairs: turnedPairs(seed) }))
  const turned = new Set<string>()
  return Array.from({ length: count }, () => {
    const gains = given.map(({ pairs }) => pairs.reduce((sum, { pair, weight }) => sum + (turned.has(pair) ? 0 : weight), 0))
    const [best] = given.splice(gains.indexOf(Math.max(...gains)), 1) as [(typeof given)[number]]
    for (const { pair } of best.pairs) turned.add(pair)
    return best.seed
  })
}

interface Pair {
  pair: string
  /** Small suites are common, and have few pairs that could fail. */
  weight: number
}

/** Pairs of tests that change places, for all sizes. */
function turnedPairs(seed: number): Pair[] {
  return sizes.flatMap((size) => {
    const order = shuffled(size, seed)
    return order.flatMap((first, at) =>
      order.slice(at + 1).flatMap((second) => (second < first ? [{ pair: `${size}:${second}-${first}`, weight: 1 / size ** 3 }] : [])),
    )
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
