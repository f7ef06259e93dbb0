// Promise: the report has verdicts with their intervals, what knobs did, and a line to copy, wherever it is printed.

import { describe, expect, test } from 'vitest'
import { reportText } from '../../../src/stress/output/report.ts'
import { percent, sizeWords, timeWords } from '../../../src/stress/output/words.ts'
import { attempt, error, gridResults, hostileResults, rate, results, testResult, verdict } from '../../support/stress-results.ts'

const plain = (columns = 100) => reportText(gridResults(), { color: false, columns })

describe('of a grid', () => {
  test('has a heat map in plain characters', () => {
    expect(plain().split('\n').slice(0, 6)).toEqual([
      'Failure rate by cpu and memory, of 120 runs',
      '  memory',
      expect.stringMatching(/^ {4}256M {2}▓▓ {2}70 % ▒▒ {2}40 % ░░ {2}20 % {6}0 %$/),
      expect.stringMatching(/^ {4}128M {2}/),
      expect.stringMatching(/^ {5}64M {2}██ 100 % /),
      expect.stringMatching(/^ +0\.1 +0\.25 +0\.5 +1 +cpu over 1s$/),
    ])
  })

  test('has one in colours where there are any, and none elsewhere', () => {
    const colour = '\x1b['
    expect(reportText(gridResults(), { color: true })).toContain(`${colour}48;5;88;38;5;231m`)
    expect(plain()).not.toContain(colour)
  })

  test('has verdict, interval, knobs, and the line that makes it fail', () => {
    expect(plain()).toMatch(/^FLAKY 42\/125, 34 % \[26–42 %\] {2}src\/cart\.test\.ts > cart > is saved after the debounce$/m)
    expect(plain()).toMatch(/^ {2}cpu=0\.1\/1s,memory=64M +9\/10, 90 % \[60–98 %\] {3}10 × baseline, p [\d.< ]+(, guilty)?$/m)
    expect(plain()).toMatch(/^ {2}nsbox repro 'src\/cart\.test\.ts > cart > is saved after the debounce' --recipe n1:\S+$/m)
  })

  test.each([40, 60])('fits %i columns, but for names and lines to copy', (columns) => {
    const long = plain(columns)
      .split('\n')
      .filter((line) => line.length > columns && !/nsbox repro|src\/cart|^What passed|^Runs|^Failure|other knobs|with |\d × Ass/.test(line))
    expect(long).toEqual([])
  })
})

test('a time-out has wall and CPU time beside it', () => {
  const late = attempt({
    phase: 'grid',
    tests: [testResult('adds', [error('Test timed out in 5000ms.', { isTimeout: true })])],
    usage: { wallMs: 5800, cpuMs: 400 },
  })
  const text = reportText(results({ attempts: [late], tests: [verdict({ verdict: 'BUDGET', ...rate(1, 1) })] }), { color: false })
  expect(text).toContain('Test timed out in 5000ms. (5.8 s wall, 400 ms CPU)')
})

test('where no knob stands out, it says so with the figures', () => {
  const effect = { ...rate(1, 2), knobs: 'cpu=0.1', names: ['cpu' as const], amplification: 2.4, p: 0.4, pCorrected: 1, guilty: false }
  const text = (more: object) => {
    const test = verdict({ verdict: 'FLAKY', ...rate(2, 20), baseline: rate(1, 5), effects: [effect], ...more })
    return reportText(results({ tests: [test] }), { color: false, columns: 120 })
  }
  const words = 'No knob is known to matter: it failed 1 of 15 times with knobs turned, and 1 of 5 times without.'
  expect(text({})).toContain(words)
  expect(text({ effects: [{ ...effect, guilty: true }] })).not.toContain('No knob')
  expect(text({ cause: { class: 'race', evidence: ['Seen.'] } })).not.toContain('No knob')
})

test('what passed is bounded, and what ended early or was left out is told', () => {
  const notTurned = [{ knob: 'delay' as const, why: 'the kernel has no netem' }]
  const text = reportText(results({ endedEarly: 'duration', attempts: [attempt({ result: { notTurned } })] }), { color: false })
  expect(text).toContain('below 14 % (95 % confidence)')
  expect(text).toContain('It ended early: duration')
  expect(text).toContain('Not turned here: delay, because the kernel has no netem')
})

test('tests cannot write to the terminal', () => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(reportText(hostileResults(), { color: false })).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
})

test.each([30, 80, 100])('no line is an order to GitHub, wherever it is broken: %i columns', (columns) => {
  const order = '::error file=a::forged'
  const tests = [`${order} ##[error]forged`, `a ${order}`, `a\n${order}`].map((name) =>
    verdict({
      name,
      file: order,
      verdict: 'FLAKY',
      ...rate(1, 20),
      cause: { class: 'race', evidence: [`${'x '.repeat(14)}${order}`, order] },
    }),
  )
  const text = reportText(results({ tests, endedEarly: `\n${order}` }), { color: false, columns })
  expect(text).toContain('forged')
  expect(text).not.toMatch(/^\s*::|##\[/m)
})

test('figures', () => {
  expect([0, 0.004, 0.022, 0.0999, 0.15, 0.999, 1].map(percent)).toEqual(['0 %', '0.4 %', '2.2 %', '10 %', '15 %', '99.9 %', '100 %'])
  expect([40, 5800, 9960, 59_400, 250_000, 7_500_000].map(timeWords)).toEqual(['40 ms', '5.8 s', '10 s', '59 s', '4 m 10 s', '2 h 5 m'])
  expect([512, 64 * 1024 ** 2, 1.5 * 1024 ** 3].map(sizeWords)).toEqual(['512 B', '64 MiB', '1.5 GiB'])
})
