// Promise: a campaign's reader knows how far it is, and a log holds no line that was meant to be drawn over.

import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { progressFor } from '../../../src/stress/output/progress.ts'
import { attempt, error, testResult } from '../../support/stress-results.ts'

const start = Date.UTC(2026, 0, 2, 3, 4, 5)
const failed = (number: number, message = 'expected 1 to be 2') => attempt({ number, tests: [testResult('adds', [error(message)])] })

beforeEach(() => {
  vi.useFakeTimers({ now: start })
})
afterEach(() => {
  vi.useRealTimers()
})

function stream(isTTY: boolean, columns = 80) {
  const writes: string[] = []
  return { isTTY, columns, writes, write: (text: string) => writes.push(text) }
}

/** What a terminal shows: lines above, and the one that is drawn over. */
function screen(writes: readonly string[]): string[] {
  const lines = ['']
  for (const piece of stripVTControlCharacters(writes.join('').replaceAll('\r', '\u2190')).split(/(\u2190|\n)/)) {
    if (piece === '\n') lines.push('')
    else if (piece === '\u2190') lines[lines.length - 1] = ''
    else lines[lines.length - 1] += piece
  }
  return lines
}

describe('in a terminal', () => {
  test('one line has runs, failures, their rate and the time left', () => {
    const out = stream(true)
    const progress = progressFor(out, {})
    progress.began({ attempts: 400 })
    for (let number = 0; number < 100; number++) {
      vi.advanceTimersByTime(1000)
      progress.attempt(number % 50 === 7 ? failed(number) : attempt({ number }))
    }
    vi.advanceTimersByTime(1000)
    expect(screen(out.writes).at(-1)).toMatch(/^100 of 400 runs, 2 failures \(2 %\), 5 m \d+ s left$/)
  })

  test('is never blank between two drawings, and is cleared at the end', () => {
    const out = stream(true)
    const progress = progressFor(out, {})
    progress.began({ attempts: 4 })
    vi.advanceTimersByTime(5000)
    expect(out.writes.length).toBeGreaterThan(4)
    for (const write of out.writes) expect([write.slice(0, 2), write.slice(-3)]).toEqual(['\r0', '\x1b[K'])
    progress.ended()
    expect(out.writes.at(-1)).toBe('\r\x1b[K')
    const { length } = out.writes
    vi.advanceTimersByTime(60_000)
    expect(out.writes).toHaveLength(length)
  })

  test('what is said stands above it, a line each, and no name begins another', () => {
    const out = stream(true)
    const progress = progressFor(out, {})
    progress.began({ attempts: 4 })
    progress.say('first\nforged')
    progress.attempt(attempt({ number: 0, tests: [testResult('a', [error('no')]), testResult('b\nforged', [error('no')])] }))
    expect(screen(out.writes)).toEqual([
      'first\\nforged',
      'failed: src/cart.test.ts > a: no',
      'failed: src/cart.test.ts > b\\nforged: no',
      '1 of 4 runs, 1 failure (100 %), 0 ms left',
    ])
  })

  test('does not wrap in a narrow one', () => {
    const out = stream(true, 20)
    progressFor(out, {}).began({ attempts: 400 })
    expect(screen(out.writes)[0]).toHaveLength(19)
  })
})

describe('elsewhere', () => {
  test.each([
    ['a pipe', stream(false), {}],
    ['CI with a terminal', stream(true), { CI: 'true' }],
    ['a dumb terminal', stream(true), { TERM: 'dumb' }],
  ])('%s has a plain line every ten seconds', (_, out, env) => {
    const progress = progressFor(out, env)
    progress.began({ attempts: 40 })
    vi.advanceTimersByTime(25_000)
    expect(out.writes).toEqual(['0 of 40 runs, 0 failures\n', '0 of 40 runs, 0 failures\n'])
  })

  test('a failure is told when it is new', () => {
    const out = stream(false)
    const progress = progressFor(out, {})
    progress.began({ attempts: 40 })
    for (const [number, message] of ['a', 'a', 'b\nmore'].entries()) progress.attempt(failed(number, message))
    progress.attempt(
      attempt({
        number: 4,
        tests: [],
        result: { end: 'killed', caps: [{ limit: 'memory', words: 'killed by its memory cap', fatal: true }] },
      }),
    )
    expect(out.writes).toEqual([
      'failed: src/cart.test.ts > adds: a\n',
      'failed: src/cart.test.ts > adds: b\n',
      'failed: src/cart.test.ts: killed by its memory cap\n',
    ])
  })

  test('what is said is one line', () => {
    const out = stream(false)
    progressFor(out, {}).say('first\n::error::forged')
    expect(out.writes).toEqual(['first\\n\\u{3a}:error::forged\n'])
  })

  test('a message cannot move the cursor', () => {
    const out = stream(false)
    progressFor(out, {}).attempt(failed(0, '\x1b[2J\x1b]0;title\x07red\rgone'))
    expect(out.writes.join('')).toBe('failed: src/cart.test.ts > adds: red\\rgone\n')
  })
})

describe('time left', () => {
  test('ends with the time that was given', () => {
    const out = stream(true)
    const progress = progressFor(out, {})
    progress.began({ attempts: null, until: start + 600_000 })
    vi.advanceTimersByTime(60_000)
    expect(screen(out.writes).at(-1)).toBe('0 runs, 0 failures, 9 m 0 s left')
  })

  test('does not count what an earlier run did', () => {
    const out = stream(true)
    const progress = progressFor(out, {})
    vi.setSystemTime(start + 3_600_000)
    progress.began({ attempts: 40 })
    for (let number = 0; number < 20; number++) progress.attempt(attempt({ number }))
    vi.advanceTimersByTime(1000)
    expect(screen(out.writes).at(-1)).toBe('20 of 40 runs, 0 failures (0 %)')
  })
})
