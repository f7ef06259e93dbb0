// Promise: no name acts on a terminal or forges a line, and each can be told from every other.

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { inQuotes, jsonText, oneLine, printable, quoted, shellWord, singleQuoted } from '../../src/quoted.ts'

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

describe('JSON', () => {
  const names = [
    '\u001b\u007f\u009b2J',
    'a\u202eb\u200b\u00a0\u2028',
    '\u{e0001}\ud800',
    'x ##[error]y',
    '::error::a',
    'plain ü😀 " \\u005b',
  ]

  test.each([undefined, 2])('is the same value, and shows all of it, indented by %s', (indent) => {
    const value = { names, ...Object.fromEntries(names.map((name) => [name, { name }])) }
    const text = jsonText(value, indent)
    expect(JSON.parse(text)).toEqual(value)
    expect(text.replaceAll('\n', '')).not.toMatch(/(?! )[\p{Cc}\p{Cf}\p{Z}\p{Cs}]/u)
    expect(text).not.toMatch(/##\[|^\s*::/m)
    expect(text.includes('\n')).toBe(indent !== undefined)
  })

  test('is plain where names are', () => {
    expect(jsonText({ 'ü 😀': ['##', '[', 'a::b'] }, 1)).toBe(JSON.stringify({ 'ü 😀': ['##', '[', 'a::b'] }, null, 1))
    expect(jsonText(['##[\u009b\u{e0001}'])).toBe('["##\\u005b\\u009b\\udb40\\udc01"]')
  })
})

describe('a word for the shell', () => {
  test.each([
    ['/usr/bin/node', '/usr/bin/node'],
    ['/home/a b/node', "'/home/a b/node'"],
    ["/it's", "'/it'\\''s'"],
    ['', "''"],
    ['x ##[error]y', "'x ##''[error]y'"],
    ["a\u001b[31m\n'\\u{1}b", `"$(printf 'a\\033[31m\\n\\047\\134u{1}b')"`],
  ])('%j is %s', (word, shown) => {
    expect(shellWord(word)).toBe(shown)
  })

  const characters = [
    ...Array.from({ length: 255 }, (_, code) => String.fromCodePoint(code + 1)),
    ...['\u00ad', '\u061c', '\u200b', '\u202e', '\u2028', '\u2066', '\u3000', '\ufeff', '\u{e0001}', '😀', '\udcff', '##[', '\n\n'],
  ]
  const words = characters.flatMap((one) => [one, `a${one}b`, `${one}1`, ` ${one}`, `\u001b${one}`, `-${one}\t`, `${one}\r[$HOME`])

  test.each([
    ['sh', ''],
    // As in a terminal, where ! is a line of the history.
    ['bash', 'set -o history -o histexpand\n'],
  ])('is that word again when it is pasted into %s', (shell, before) => {
    const lines = words.map((word) => `printf '%s\\0' ${shellWord(word)}\n`)
    const script = `${before}${lines.join('')}`
    const read = execFileSync(shell, { input: script, env: { LC_ALL: 'C', PATH: process.env['PATH'] }, stdio: ['pipe', 'pipe', 'pipe'] })
    const wanted = Buffer.concat(words.map((word) => Buffer.concat([bytesOf(word), Buffer.from([0])])))
    expect(read.toString('latin1').split('\0')).toEqual(wanted.toString('latin1').split('\0'))
  })

  test('shows all of it on one line, which is no order', () => {
    for (const word of words) expect(shellWord(word)).not.toMatch(/(?! )[\p{Cc}\p{Cf}\p{Z}\p{Cs}]|##\[|^\s*::/u)
  })
})

/** Of a name with bytes that are not UTF-8: names.ts of changes. */
function bytesOf(name: string): Buffer {
  return Buffer.concat(
    [...name].map((one) => (/[\udc80-\udcff]/u.test(one) ? Buffer.from([one.charCodeAt(0) - 0xdc00]) : Buffer.from(one))),
  )
}
