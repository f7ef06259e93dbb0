// Promise: whoever gave flags reads of flags.

import { expect, test } from 'vitest'
import { inFlags } from '../../../src/config/run-flags.ts'

test.each([
  ["`nsbox doctor` says what is missing; seal: 'prefer' runs without", '`nsbox doctor` says what is missing; --seal prefer runs without'],
  ['expose is 80:3000: the caller may not listen', '--expose is 80:3000: the caller may not listen'],
  ['memoryHigh cannot be limited here, by limitsBy.', '--memory-high cannot be limited here, by --limits-by.'],
  ["with net: 'host' there is but one localhost", 'with --net host there is but one localhost'],
])('%s', (text, expected) => {
  expect(inFlags(text)).toBe(expected)
})

test.each([
  'memory cannot be limited here: no cgroup',
  'Cannot run "memoryHigh": it is not found along PATH',
  '/srv/memoryHigh/limitsBy is no cgroup',
  "keep is 'never', and code: 'ENOENT' stays",
  'This process is in a sandbox, where net is',
])('%s: is as it was', (text) => {
  expect(inFlags(text)).toBe(text)
})
