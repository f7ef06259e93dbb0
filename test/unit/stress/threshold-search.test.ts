import { describe, expect, it } from 'vitest'
import { smallestPassing } from '../../../src/stress/threshold-search.ts'

const runs = { search: 3, confirm: 10 }

/** Steps that fail at these rates, and all that was run on them. */
function machine(rates: number[], random: () => number = () => 0.5) {
  const done = rates.map(() => ({ runs: 0, failed: 0 }))
  const passes = async (index: number, wanted: number) => {
    const step = done[index] as { runs: number; failed: number }
    while (step.runs < wanted && step.failed === 0) {
      step.runs++
      if (random() < (rates[index] as number)) step.failed++
    }
    return step.failed === 0
  }
  return { done, passes }
}

describe('smallestPassing', () => {
  it.each([0, 1, 2, 3, 7, 8])('finds step %i of 8', async (first) => {
    const rates = Array.from({ length: 8 }, (_, index) => (index < first ? 1 : 0))
    const { done, passes } = machine(rates)
    expect(await smallestPassing(8, passes, runs)).toBe(first)
    if (first < 8) expect(done[first]).toEqual({ runs: 10, failed: 0 })
    if (first > 0) expect(done[first - 1]).toEqual({ runs: 1, failed: 1 })
    expect(done.filter((step) => step.runs > 0).length).toBeLessThanOrEqual(4)
  })

  it('knows nothing to try of no steps', async () => {
    expect(await smallestPassing(0, () => Promise.reject(new Error('never')), runs)).toBe(0)
  })

  it('goes on above a low step that passed by luck, and uses what it knows of those above', async () => {
    const asked: [number, number][] = []
    const lucky = async (index: number, wanted: number) => {
      asked.push([index, wanted])
      return index >= 6 || wanted <= 3
    }
    expect(await smallestPassing(8, lucky, runs)).toBe(6)
    expect(asked.filter(([, wanted]) => wanted === 10).map(([index]) => index)).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('answers a step that had no failure, above one that had, whatever chance does', async () => {
    let state = 7
    const random = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff
      return state / 0x8000_0000
    }
    const rates = [1, 1, 0.9, 0.7, 0.5, 0.3, 0.1, 0.02, 0, 0, 0, 0]
    const answers: number[] = []
    for (let round = 0; round < 500; round++) {
      const { done, passes } = machine(rates, random)
      const answer = await smallestPassing(rates.length, passes, runs)
      expect(done[answer]).toEqual({ runs: 10, failed: 0 })
      expect(done[answer - 1]?.failed).toBe(1)
      answers.push(answer)
    }
    // Half of all runs fail below: ten in a row without a failure are one in a thousand.
    expect(Math.min(...answers)).toBeGreaterThanOrEqual(5)
    expect(Math.max(...answers)).toBeLessThanOrEqual(8)
  })
})
