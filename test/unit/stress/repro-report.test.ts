// Promise: every rate is told with what it is worth, and a bound is never told smaller than it is.

import { describe, expect, test } from 'vitest'
import type { AttemptResult } from '../../../src/stress/attempt.ts'
import { debugged } from '../../../src/stress/debugged.ts'
import { boundWords, checkLine, neverLines, rateSentence, runLines, runsToCheck } from '../../../src/stress/repro-report.ts'
import type { Rate } from '../../../src/stress/results.ts'
import { wilson } from '../../../src/stress/statistics.ts'

const rate = (failed: number, runs: number): Rate => ({ failed, runs, interval: wilson(failed, runs) })

describe('a bound', () => {
  test.each([
    [59, '5 %'],
    [58, '5.1 %'],
    [100, '3 %'],
    [10, '26 %'],
    [299, '1 %'],
    [1000, '0.3 %'],
    [1, '95 %'],
  ])('of %d runs is %s', (runs, words) => {
    expect(boundWords(runs)).toBe(words)
  })
})

test('a rate is told with its interval, or its bound', () => {
  expect(rateSentence(rate(1, 7))).toBe('failed 1/7, 14 % [2.6–51 %]')
  expect(rateSentence(rate(0, 100))).toBe('0 of 100: below 3 % with 95 % confidence')
})

test.each([
  [undefined, 59],
  [rate(0, 3), 59],
  [rate(1, 20), 59],
  [rate(20, 20), 10],
  [rate(1, 2000), 1000],
])('a check has runs enough to tell %j', (recorded, runs) => {
  expect(runsToCheck(recorded)).toBe(runs)
})

test.each([
  [rate(0, 59), undefined, 'the fix holds: 0 of 59: below 5 % with 95 % confidence'],
  [rate(0, 59), rate(12, 20), 'the fix holds: 0 of 59: below 5 % with 95 % confidence; before it failed 12/20, 60 % [39–78 %]'],
  [
    rate(0, 5),
    rate(1, 20),
    'too few runs to tell, 59 would: 0 of 5: below 46 % with 95 % confidence; before it failed 1/20, 5 % [0.89–24 %]',
  ],
  [rate(2, 59), undefined, 'it still fails: failed 2/59, 3.4 % [0.93–12 %]'],
])('a check of %j says', (now, recorded, words) => {
  expect(checkLine(now, recorded)).toBe(words)
})

test('a run is told with what held its caps, and what it used', () => {
  const result = {
    held: { cpu: 'cgroup cpu.max' },
    notTurned: [{ knob: 'inotify', why: 'no user namespace' }],
    usage: { wallMs: 5800, cpuMs: 400, throttledMs: 4900, memoryPeakBytes: 64 * 1024 ** 2 },
  } as unknown as AttemptResult
  expect(runLines({ cpu: { share: 0.25, periodMs: 1000 }, seed: 7 }, result)).toEqual([
    'under n1:cpu=0.25/1s,seed=7 (cpu: cgroup cpu.max)',
    'not turned: inotify: no user namespace',
    'it took 5.8 s wall, 400 ms CPU, throttled 4.9 s, at most 64 MiB',
  ])
})

test('a seed that never failed is told', () => {
  const whole = { alone: false }
  expect(neverLines({ seed: 7 }, whole)).toEqual(['every run had seed 7; without seed=7 in the recipe each has another one'])
  expect(neverLines({}, { alone: true })).toEqual(['the test ran alone: what its neighbours do to it shows without --alone'])
  expect(neverLines({}, whole)).toEqual([])
})

test('a debugger leaves out what stops or hides the test', () => {
  expect(debugged({ cpu: { share: 0.5, periodMs: 100 }, freeze: 64, delay: 5, tz: '+14', seed: 1 })).toEqual({
    knobs: { cpu: { share: 0.5, periodMs: 100 }, tz: '+14', seed: 1 },
    left: [
      { names: ['freeze'], why: 'what stands at a breakpoint is stopped anyway' },
      { names: ['delay'], why: "a debugger comes in over the host's network" },
    ],
    kept: [{ names: ['cpu'], what: 'what the debugger needs of it counts too' }],
  })
})
