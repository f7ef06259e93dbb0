// Promise: no name acts on a terminal or forges a line, and each can be told from every other.

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { inQuotes, oneLine, printable, quoted, shellWord, singleQuoted } from '../../src/quoted.ts'

test.each([
  ['plain name', 'plain name'],
  ['ü😀', 'ü😀'],
  ["it's", "it's"],
  ['', '""'],
  ['\u001b[31mred\u001b]0;title\u0007', '"\\u{1b}[31mred\\u{1b}]0;title\\u{7}"'],
  ['a\nnsbox: all is well', '"a\\nnsbox: all is well"'],
  ['\u009b2J', '"\\u{9b}2J"'],
  ['a\u202eb', '"a\\u{202e}b"'],
  ['bad\udcff', '"bad\\xff"'],
  ['"a"', '"\\"a\\""'],
  ['::error::a', '"::error::a"'],
  ['a ##[error]', '"a ##\\u{5b}error]"'],
])('%j is shown as %s', (name, shown) => {
  expect(quoted(name)).toBe(shown)
})

test('a value of an option is always in quotes', () => {
  expect(inQuotes('a "b"\n')).toBe('"a \\"b\\"\\n"')
})

test('in single quotes, unless that would tell another name', () => {
  expect(['suite > adds', "it's", 'a\n'].map(singleQuoted)).toEqual(["'suite > adds'", '"it\'s"', '"a\\n"'])
})

test('a text keeps its lines, and nothing else that acts', () => {
  expect(printable('one\n\ttwo \u001b[1A\r\u2028')).toBe('one\n\ttwo \\u{1b}[1A\\r\\u{2028}')
  expect(oneLine('one\ntwo')).toBe('one\\ntwo')
  expect(printable('connect ::1:80\n ::set-env name=a::b\nstd::vector ::x')).toBe(
    'connect ::1:80\n \\u{3a}:set-env name=a::b\nstd::vector ::x',
  )
})

describe('a word for the shell', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/home/a b/node', "'/home/a b/node'"],
    ["/it's", "'/it'\\''s'"],
    ['', "''"],
    ["a\u001b[31m\n'\\u{1}b", "$'a\\U0000001b[31m\\n\\'\\\\u{1}b'"],
  ])('%j is %s', (word, shown) => {
    expect(shellWord(word)).toBe(shown)
    expect(execFileSync('bash', ['-c', `printf %s ${shown}`], { encoding: 'utf8', env: { LC_ALL: 'C.UTF-8' } })).toBe(word)
  })
})
