// Promise: a test that is named is the one that runs, and the line that repeats it can be copied.

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { AttemptResult } from '../../../src/stress/attempt.ts'
import { resultOf } from '../../../src/stress/one-test.ts'
import { parseTestId, printTestId, reproCommand, suitePattern, testPattern } from '../../../src/stress/test-id.ts'

describe('names of tests', () => {
  test.each([
    ['src/a.test.ts', { file: 'src/a.test.ts', name: null }],
    ['src/a.test.ts > name', { file: 'src/a.test.ts', name: 'name' }],
    ['src/a.test.ts > suite > a > b', { file: 'src/a.test.ts', name: 'suite > a > b' }],
    [' a.test.ts >  > b \n', { file: ' a.test.ts', name: ' > b \n' }],
  ])('%s', (text, id) => {
    expect(parseTestId(text)).toEqual(id)
    expect(printTestId(id)).toBe(text)
  })
})

describe('patterns', () => {
  test('fit that test alone, as vitest calls it', () => {
    const pattern = new RegExp(testPattern('suite > adds 1 + 1 (twice)'))
    expect(['suite adds 1 + 1 (twice)', ' suite adds 1 + 1 (twice)'].every((name) => pattern.test(name))).toBe(true)
    expect(
      ['suite adds 1 + 1 (twice) again', 'my suite adds 1 + 1 (twice)', 'suite adds 11 (twice)'].some((name) => pattern.test(name)),
    ).toBe(false)
  })

  test('fit a name with the separator in it', () => {
    expect('a > b c').toMatch(new RegExp(testPattern('a > b > c')))
  })

  test('of a suite fit its tests', () => {
    const pattern = new RegExp(suitePattern('outer > inner'))
    expect(['outer inner a', 'outer inner b c'].every((name) => pattern.test(name))).toBe(true)
    expect(['outer innermost a', 'outer inner'].some((name) => pattern.test(name))).toBe(false)
  })
})

describe('the command', () => {
  test('is one that a shell takes apart rightly', () => {
    expect(reproCommand({ file: 'src/a.test.ts', name: "it's > $HOME" }, 'n1:cpu=0.25/1s,seed=77')).toBe(
      "nsbox repro 'src/a.test.ts > it'\\''s > $HOME' --recipe n1:cpu=0.25/1s,seed=77",
    )
  })

  test('has no file that a flag could be taken for', () => {
    expect(reproCommand({ file: '-a.test.ts', name: null }, 'n1:')).toBe('nsbox repro ./-a.test.ts --recipe n1:')
  })

  const names = [
    'x ##[error]y',
    ' lead ',
    'a\nb',
    'end\n\n',
    '\u001b[31m',
    '\u009b',
    '\u202e',
    '\'"`$!\\',
    'a\0b',
    'c\ud800',
    '\udcff',
    '\ufffd',
    '',
  ]

  test.each(['sh', 'bash'])('names the test that it is of when it is pasted into %s', (shell) => {
    const file = ' src/a\u2028b.test.ts'
    const lines = names.map((name) => reproCommand({ file, name }, 'n1:'))
    const script = ['nsbox() { printf \'%s\\0\' "$2"; }', ...lines, ''].join('\n')
    const given = execFileSync(shell, { input: script, encoding: 'utf8' }).split('\0').slice(0, -1).map(parseTestId)
    expect(given).toHaveLength(names.length)
    for (const [at, name] of names.entries()) {
      const id = given[at] as { file: string; name: string }
      expect(id.file).toBe(file)
      expect(name).toMatch(new RegExp(testPattern(id.name)))
      const others = [name, `${name} > in`, `not ${name}`].map((one) => ({ name: one, state: 'passed' }))
      const { tests } = resultOf({ tests: others, errors: [], end: 'passed' } as unknown as AttemptResult, id.name)
      expect(tests.map((test) => test.name)).toEqual([name, `${name} > in`])
    }
  })
})
