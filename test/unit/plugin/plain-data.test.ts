// What a worker sends, as reporters can write it.

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { boundTree, isTree, spellBigInts } from '../../../plugin/plain-data.ts'

test('a BigInt becomes text, wherever it is', () => {
  const data = { a: 5n, b: [{ c: Object(6n) }], d: new BigInt64Array(2) }
  spellBigInts(data)
  expect(data).toEqual({ a: '5n', b: [{ c: '6n' }], d: 'BigInt64Array(2)' })
})

describe('what would be longer than memory as JSON is cut', () => {
  test.for([
    ['holes', () => new Array(4e8)],
    ['holes of holes', () => Array.from({ length: 100 }, () => new Array(1e5))],
    ['holes in a Map', () => new Map([[1, new Array(4e8)]])],
    ['holes in a Set', () => new Set([[new Array(4e8)]])],
    ['holes in an error', () => new Error('x', { cause: new Array(4e8) })],
    ['bytes', () => new Uint8Array(2e7)],
    ['what is in many places', () => Array.from({ length: 40 }).reduce<unknown>((inner) => [inner, inner], 'text')],
  ] as const)('%s', ([, make]) => {
    const data = { kept: 1, cut: make() }
    boundTree(data)
    expect(JSON.stringify(data).length).toBeLessThan(20_000_000)
    expect(inspect(data, { depth: 5, maxArrayLength: 10, showHidden: true })).not.toContain('400000000')
    expect(data).toHaveProperty('kept', 1)
  })
})

test('what is in Maps, Sets and errors stays', () => {
  const data = { map: new Map<unknown, unknown>([[{ key: 1 }, { value: 2 }]]), set: new Set([{ item: 3 }]), error: new TypeError('x') }
  const before = structuredClone(data)
  boundTree(data)
  expect(data).toEqual(before)
})

test('a circle is cut where it closes, and what is in two places stays', () => {
  const shared = { text: 'x' }
  const data: Record<string, unknown> = { one: shared, two: [shared] }
  data['self'] = { again: data, shared }
  boundTree(data)
  expect(data).toEqual({ one: shared, two: [shared], self: { shared } })
})

test('what the root is tied to is left alone', () => {
  const root: Record<string, unknown> = { meta: { file: new Array(4e8) } }
  root['file'] = root
  boundTree(root, ['file'])
  expect(root['file']).toBe(root)
  expect(root['meta']).toEqual({})
})

test('a tree is one that JSON writes once', () => {
  const shared = {}
  expect([isTree({ a: [1, {}] }), isTree([shared, shared])]).toEqual([true, false])
})
