// Promise: GitHub shows what failed beside its line and in the summary, and nothing that tests print is a command to it.

import { describe, expect, test } from 'vitest'
import { annotationsOf, summaryOf } from '../../../src/stress/output/github.ts'
import { gridResults, hostileResults, rate, results, verdict } from '../../support/stress-results.ts'

const root = '/home/runner/work/shop/shop/packages/cart'
const env = { GITHUB_WORKSPACE: '/home/runner/work/shop/shop' }

describe('annotations', () => {
  test('lie at the line of the test, in the checkout', () => {
    expect(annotationsOf(gridResults(), root, env)[0]).toMatch(
      /^::error file=packages\/cart\/src\/cart\.test\.ts,line=12,title=FLAKY 42\/125%2C 34 %25 \[26–42 %25\]::src\/cart\.test\.ts > cart > is saved after the debounce.*%0Ansbox repro '/,
    )
  })

  test('are ten at most, the worst first', () => {
    const tests = Array.from({ length: 15 }, (_, at) => verdict({ name: `test ${at}`, verdict: 'FLAKY', ...rate(at + 1, 20) }))
    const lines = annotationsOf(results({ tests }), root, env)
    expect(lines).toHaveLength(10)
    expect(lines[0]).toContain('FLAKY 15/20')
  })

  test('are one line each, with nothing of a test in their properties', () => {
    for (const line of annotationsOf(hostileResults(), root, env)) {
      expect(line).toMatch(/^::error file=[^,:]+,line=12,title=[^,:]+::[^\n\r]+$/)
      expect(line).toContain(`file=packages/cart/src/<b>'"/a%2Cb%3Ac|d.test.ts,`)
    }
  })
})

describe('the summary', () => {
  test('is a table', () => {
    const lines = summaryOf(gridResults()).split('\n')
    expect(lines[0]).toBe('### nsbox stress: 2 of 4 tests failed')
    expect(lines.filter((line) => line.startsWith('| '))).toHaveLength(4)
    expect(lines).toContainEqual(expect.stringMatching(/^\| FLAKY \| 42\/125, 34 % \| \[26–42 %\] \| <code>src\/cart\.test\.ts &#62; cart/))
  })

  test('has as many cells in a row whatever tests are called, and no markup of theirs', () => {
    const rows = summaryOf(hostileResults())
      .split('\n')
      .filter((line) => line.startsWith('| '))
    for (const row of rows) {
      expect(row.split('|')).toHaveLength(8)
      expect(row.replaceAll(/<\/?code>/g, '')).not.toMatch(/[<>`]/)
    }
  })

  test('stays below 1 MiB with what is there already, and says what it leaves out', () => {
    const tests = Array.from({ length: 5000 }, (_, at) => verdict({ name: `${at} ${'ä'.repeat(100)}`, verdict: 'FLAKY', ...rate(1, 20) }))
    const taken = 300_000
    const text = summaryOf(results({ tests }), taken)
    const size = Buffer.byteLength(text)
    expect(size).toBeLessThanOrEqual(1024 ** 2 - taken)
    expect(size).toBeGreaterThan(1024 ** 2 - taken - 2000)
    expect(text).toMatch(/and \d+ more: the page and results\.json have them\.\n$/)
    expect(summaryOf(results({ tests }), 1024 ** 2)).toBe('')
  })

  test('of what is stable has no table', () => {
    expect(summaryOf(results())).toBe('### nsbox stress: 1 test, all stable\n\n1 run in 4 m 10 s, seed 77.\n')
  })
})
