// Promise: limits are read as people write them, and what is no limit is refused with what is allowed.

import { expect, test } from 'vitest'
import { parseCpu, parseMemory } from '../../../src/config/limit-quantities.ts'

test.each([
  [0.5, { share: 0.5, periodMs: 100 }],
  ['2', { share: 2, periodMs: 100 }],
  ['.25', { share: 0.25, periodMs: 100 }],
  ['50%', { share: 0.5, periodMs: 100 }],
  ['0.5/20ms', { share: 0.5, periodMs: 20 }],
  ['25%/1s', { share: 0.25, periodMs: 1000 }],
])('%s of a processor', (given, limit) => expect(parseCpu(given)).toEqual(limit))

test.each([
  [0, 'the least is 1 ms'],
  [0.001, 'take a longer period: 0.001/1000ms'],
  [-1, 'it must be a number of processors'],
  ['much', 'it must be a number of processors'],
  [null, 'it must be a number of processors'],
  [Number.NaN, 'it must be a number of processors'],
  ['1/2s', 'its period must be from 1ms to 1s'],
  ['1/20', 'it must be a duration with its unit'],
])('%s is no share of a processor', (given, message) => expect(() => parseCpu(given)).toThrow(message))

test.each([
  ['1K', 'no program runs in less than 1M'],
  ['many', 'it must be a size'],
])('%s is no cap on memory', (given, message) => expect(() => parseMemory(given)).toThrow(message))
