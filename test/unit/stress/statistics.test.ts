import { describe, expect, it } from 'vitest'
import { amplification, fisherOneSided, holm, runsForConfidence, upperBound, wilson } from '../../../src/stress/statistics.ts'

describe('wilson', () => {
  // Newcombe 1998, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i', (failed, runs, low, high) => {
    const [from, to] = wilson(failed, runs)
    expect(from).toBeCloseTo(low, 4)
    expect(to).toBeCloseTo(high, 4)
  })

  it('is symmetric, holds the rate, and knows nothing without runs', () => {
    expect(wilson(20, 20)[1]).toBe(1)
    expect(wilson(20, 20)[0]).toBeCloseTo(1 - 0.1611, 4)
    expect(wilson(0, 0)).toEqual([0, 1])
  })
})

describe('fisherOneSided', () => {
  it.each([
    // The lady tasting tea.
    [4, 4, 0, 4, 1 / 70],
    [3, 4, 1, 4, 17 / 70],
    // R's example of twins and convictions: 0.0004652.
    [10, 13, 2, 17, 0.0004652],
    [2, 2, 0, 5, 1 / 21],
    [5, 5, 0, 5, 1 / 252],
    [0, 3, 2, 5, 1],
    [0, 3, 0, 5, 1],
    [0, 0, 2, 5, 1],
  ])('of %i in %i against %i in %i', (failed, runs, otherFailed, otherRuns, p) => {
    expect(fisherOneSided({ failed, runs }, { failed: otherFailed, runs: otherRuns })).toBeCloseTo(p, 6)
  })

  it('does not overflow', () => {
    const p = fisherOneSided({ failed: 3000, runs: 5000 }, { failed: 2000, runs: 5000 })
    expect(p).toBeGreaterThan(0)
    expect(p).toBeLessThan(1e-80)
  })
})

it('corrects by Holm as R does', () => {
  expect(holm([0.01, 0.02, 0.03, 0.04])).toEqual([0.04, 0.06, 0.06, 0.06])
  const [a, b, c] = holm([0.5, 0.001, 0.04]) as [number, number, number]
  expect([a, b, c]).toEqual([0.5, 0.003, 0.08])
  expect(holm([])).toEqual([])
})

describe('amplification', () => {
  it('is a ratio of rates', () => expect(amplification({ failed: 3, runs: 4 }, { failed: 1, runs: 4 })).toBe(3))
  it('is finite where the baseline never failed', () => {
    expect(amplification({ failed: 2, runs: 2 }, { failed: 0, runs: 5 })).toBeCloseTo(2.5 / 3 / (0.5 / 6), 12)
  })
  it('is 1 where nothing failed', () => expect(amplification({ failed: 0, runs: 1 }, { failed: 0, runs: 5 })).toBe(1))
  it('is below 1 for what helps', () => expect(amplification({ failed: 0, runs: 4 }, { failed: 2, runs: 4 })).toBe(0))
})

it.each([
  [0.01, 299],
  [0.05, 59],
  [0.1, 29],
  [0.2, 14],
  [0.5, 5],
  [1, 1],
])('needs for a rate of %d %i runs', (p, runs) => expect(runsForConfidence(p, 0.95)).toBe(runs))

describe('upperBound', () => {
  it('is exact without failures', () => {
    expect(upperBound(59, 0.95)).toBeCloseTo(1 - 0.05 ** (1 / 59), 12)
    expect(upperBound(59, 0.95)).toBeLessThan(0.05)
    expect(upperBound(58, 0.95)).toBeGreaterThan(0.05)
    expect(upperBound(0, 0.95)).toBe(1)
  })

  // R: binom.test(2, 10)$conf.int[2], and with alternative = 'less'.
  it.each([
    [2, 10, 0.975, 0.5560955],
    [2, 10, 0.95, 0.5069013],
    [10, 10, 0.95, 1],
  ])('of %i in %i at %d', (failed, runs, confidence, bound) => expect(upperBound(runs, confidence, failed)).toBeCloseTo(bound, 6))
})
