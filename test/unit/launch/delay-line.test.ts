import { describe, expect, test } from 'vitest'
import { DelayLine } from '../../../src/launch/delay-line.ts'

const ids = (count: number) => Array.from({ length: count }, (_, id) => id)

describe('delay', () => {
  test('each goes on that much later, in the order in which they came', () => {
    const line = new DelayLine({ delay: 50, loss: 0, seed: 1 })
    expect(line.due).toBe(Number.POSITIVE_INFINITY)
    for (const [index, id] of [7, 3, 5].entries()) line.accepts(id, 100 + index)
    expect(line.due).toBe(150)
    expect(line.take(149.9)).toEqual([])
    expect(line.take(150)).toEqual([7])
    expect(line.take(1000)).toEqual([3, 5])
    expect(line.take(2000)).toEqual([])
  })

  test('without one they go on at once', () => {
    const line = new DelayLine({ delay: 0, loss: 0, seed: 1 })
    line.accepts(1, 10)
    expect(line.take(10)).toEqual([1])
  })
})

describe('loss', () => {
  const lostOf = (loss: number, seed: number) => {
    const line = new DelayLine({ delay: 0, loss, seed })
    return ids(10_000).filter((id) => !line.accepts(id, 0))
  }

  test('is that fraction, and the same again for the same seed', () => {
    const lost = lostOf(0.05, 77)
    // Ten standard deviations around 500.
    expect(Math.abs(lost.length - 500)).toBeLessThan(218)
    expect(lostOf(0.05, 77)).toEqual(lost)
    expect(lostOf(0.05, 78)).not.toEqual(lost)
  })

  test('none, or all', () => {
    expect(lostOf(0, 1)).toEqual([])
    expect(lostOf(1, 1)).toHaveLength(10_000)
  })

  test('what is lost never goes on', () => {
    const line = new DelayLine({ delay: 1, loss: 0.5, seed: 3 })
    const accepted = ids(100).filter((id) => line.accepts(id, id))
    expect(line.take(1000)).toEqual(accepted)
  })
})
