// Names of files: bytes, byte strings and text.

import { expect, test } from 'vitest'
import { nameOf, textOf } from '../../../src/changes/names.ts'

test('every byte string has one text, and comes back from it', () => {
  const names = [
    'plain',
    '\xc3\xbc',
    '\xff',
    'a\x80b',
    '\xc3',
    '\xf0\x9f\x98\x80',
    '\xed\xb3\xbf',
    '\xed\xa0\x80',
    '\xf0\x9f',
    '\xe2\x82\xac\xff\xe2\x82',
    '',
  ]
  expect(names.map((name) => nameOf(textOf(name)))).toEqual(names)
  expect(new Set(names.map(textOf)).size).toBe(names.length)
  expect(textOf('a\xff\xc3\xbc')).toBe('a\udcffü')
  let state = 1
  const random = () => {
    state = (state * 48271) % 2147483647
    return state % 256
  }
  for (let round = 0; round < 2000; round++) {
    const name = String.fromCharCode(...Array.from({ length: 6 }, () => (random() % 2 ? 0x80 + (random() % 0x80) : random() || 1)))
    expect(nameOf(textOf(name))).toBe(name)
    expect(nameOf(JSON.parse(JSON.stringify(textOf(name))))).toBe(name)
  }
})
