import { expect, test } from 'vitest'
import { cpuLadder, memoryLadder } from '../../../src/stress/ladder.ts'

test('shares of processors go up to all of them', () => {
  expect(cpuLadder(1)).toEqual([0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.7, 1])
  expect(cpuLadder(3).slice(-4)).toEqual([1.4, 2, 2.8, 3])
  expect(cpuLadder(500).at(-1)).toBe(500)
})

test('sizes of memory go up to what there is', () => {
  const mebibyte = 1024 ** 2
  expect(memoryLadder(100 * mebibyte).map((size) => size / mebibyte)).toEqual([16, 24, 32, 48, 64, 96])
  expect(memoryLadder(mebibyte)).toEqual([])
})
