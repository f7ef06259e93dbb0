// Promise: a threshold is told with what was seen on both of its sides, and what that is worth.

import { expect, test } from 'vitest'
import type { FileThresholds } from '../../../src/stress/threshold.ts'
import { type ThresholdFindings, thresholdText } from '../../../src/stress/threshold-report.ts'

const mebibyte = 1024 ** 2
const passed = { failed: 0, runs: 10, first: null }
const baseline = { ...passed, wallMs: 1200, cpuMs: 400, memoryPeakBytes: 84 * mebibyte }

const slow: FileThresholds = {
  file: 'src/slow.test.ts',
  project: '',
  baseline,
  cpu: {
    passes: { ...passed, value: 0.25 },
    fails: { failed: 7, runs: 10, value: 0.2, first: { words: 'a time-out in "loads"', kind: 'time-out' } },
  },
  memory: { passes: { ...passed, value: 16 * mebibyte }, fails: null },
}
const large: FileThresholds = {
  file: 'src/large.test.ts',
  project: 'web',
  baseline: { ...baseline, memoryPeakBytes: null },
  cpu: { passes: { ...passed, value: 0.05 }, fails: null },
  memory: {
    passes: { ...passed, value: 256 * mebibyte },
    fails: { failed: 10, runs: 10, value: 192 * mebibyte, first: { words: 'being killed by its memory cap', kind: 'out of memory' } },
  },
}
const broken: FileThresholds = {
  file: 'src/broken.test.ts',
  project: '',
  baseline: { ...baseline, failed: 1, runs: 1, first: { words: 'AssertionError: no in "it"', kind: 'failure' } },
  cpu: null,
  memory: null,
}

const findings = (rest: Partial<ThresholdFindings>): ThresholdFindings => ({
  version: 1,
  runs: 10,
  files: [],
  together: null,
  interrupted: false,
  ...rest,
})

test('of a suite', () => {
  const together = { cpu: 0.25, memory: 256 * mebibyte, step: { failed: 0, runs: 20, first: null } }
  expect(thresholdText(findings({ files: [slow, large, broken], together }))).toMatchInlineSnapshot(`
    "src/slow.test.ts  (without a cap: 1.2 s wall, 400 ms CPU, at most 84 MiB)
      passes with cpu 0.25 and up (10 of 10; at 0.2: 7 of 10 failed, first by a time-out in "loads")
      passes with memory 16M and up (10 of 10; less was not tried)

    [web] src/large.test.ts  (without a cap: 1.2 s wall, 400 ms CPU)
      passes with cpu 0.05 and up (10 of 10; less was not tried)
      passes with memory 256M and up (10 of 10; at 192M: 10 of 10 failed, first by being killed by its memory cap)

    src/broken.test.ts  BROKEN: without any cap 1 of 1 failed, first by AssertionError: no in "it"

    All 2 files pass with --cpu 0.25 --memory 256M at once (20 of 20)
      cpu: because of src/slow.test.ts, which has a time-out with less
      memory: because of [web] src/large.test.ts, which has too little memory with less
    That is for one file at a time. vitest itself, and files that run beside it, need theirs too.

    Where 10 runs of 10 passed, the failure rate is below 26 % with 95 % confidence. More --runs tell more: 59 tell of 5 %."
  `)
})

test('of one file that passes under no cap', () => {
  const none = { ...large, memory: { passes: null, fails: large.memory?.fails ?? null } }
  const together = { cpu: 0.05, memory: null, step: { failed: 0, runs: 10, first: null } }
  expect(thresholdText(findings({ files: [none], together, interrupted: true }))).toMatchInlineSnapshot(`
    "[web] src/large.test.ts  (without a cap: 1.2 s wall, 400 ms CPU)
      passes with cpu 0.05 and up (10 of 10; less was not tried)
      passes under no cap on memory that was tried (at 192M: 10 of 10 failed, first by being killed by its memory cap)

    It passes with --cpu 0.05 (10 of 10)
    That is for one file at a time. vitest itself, and files that run beside it, need theirs too.

    Where 10 runs of 10 passed, the failure rate is below 26 % with 95 % confidence. More --runs tell more: 59 tell of 5 %.
    It was interrupted: what is not here was not got to."
  `)
})

test('of nothing that passes', () => {
  expect(thresholdText(findings({ files: [broken] }))).toMatchInlineSnapshot(`
    "src/broken.test.ts  BROKEN: without any cap 1 of 1 failed, first by AssertionError: no in "it"
    "
  `)
})
