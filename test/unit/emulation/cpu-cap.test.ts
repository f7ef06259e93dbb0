// Allowance by period, as cpu.max counts it. Times in milliseconds.

import { beforeEach, expect, test } from 'vitest'
import { CpuCap } from '../../../src/emulation/cpu-cap.ts'

const ms = 1e6
let cap: CpuCap
const charge = (total: number, now: number) => cap.charge(total * ms, now * ms)
const next = (now: number) => cap.next(now * ms) / ms

beforeEach(() => {
  cap = new CpuCap({ share: 0.5, periodMs: 100 }, 2, 0, 0)
})

test('what is left decides on the next look', () => {
  charge(10, 10)
  expect(next(10)).toBe(20)
  charge(49, 49)
  expect(next(49)).toBe(1)
  expect(cap.exhausted).toBe(false)
})

test('who has used it up stands still until the period ends', () => {
  charge(50, 60)
  expect([cap.exhausted, cap.stoppedUntil / ms, next(60), next(98)]).toEqual([true, 100, 4, 2])
  charge(50, 100)
  expect(cap.exhausted).toBe(false)
  expect(cap.counts).toEqual({ periods: 1, throttledPeriods: 1, throttled: 40 * ms })
})

test('what was used beyond it is paid back', () => {
  charge(120, 60)
  charge(120, 100)
  expect(cap.exhausted).toBe(true)
  charge(120, 200)
  expect(cap.exhausted).toBe(false)
  charge(150, 210)
  expect(cap.exhausted).toBe(true)
  expect(cap.counts).toMatchObject({ periods: 2, throttledPeriods: 2, throttled: 140 * ms })
})

test('what was not used expires', () => {
  charge(1, 1000)
  charge(52, 1050)
  expect(cap.exhausted).toBe(true)
})

test('periods in which nobody ran do not count', () => {
  charge(0, 100)
  charge(0, 500)
  charge(1, 550)
  charge(1, 600)
  expect(cap.counts).toEqual({ periods: 1, throttledPeriods: 0, throttled: 0 })
})

test('at rest there is time', () => {
  charge(0, 50)
  charge(0, 60)
  expect(next(60)).toBe(25)
  expect(next(90)).toBe(10)
})
