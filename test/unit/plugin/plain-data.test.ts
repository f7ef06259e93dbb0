// What a worker sends, as reporters can write it.

import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { Bounds, isTree, spellBigInts } from '../../../plugin/plain-data.ts'

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
    ['a long text in many places', () => new Array(1000).fill(['x'.repeat(1e6)])],
    ['what is in many places', () => Array.from({ length: 40 }).reduce<unknown>((inner) => [inner, inner], 'text')],
  ] as const)('%s', ([, make]) => {
    const { value, isCut, isWhole } = new Bounds().copy({ before: 1, cut: make(), after: { last: 2 } })
    expect(JSON.stringify(value).length).toBeLessThan(50_000_000)
    expect(inspect(value, { depth: 5, maxArrayLength: 10, showHidden: true })).not.toContain('400000000')
    expect([isCut, isWhole]).toEqual([true, false])
    expect(value).toHaveProperty('before', 1)
    expect(value).toHaveProperty('after')
  })
})

test('what is there once stays, however much it is', () => {
  const data = { rows: Array.from({ length: 1_200_000 }, (_, index) => index), after: 'x'.repeat(5_000_000) }
  expect(new Bounds().copy(data)).toMatchObject({ isWhole: true })
})

test('what is in Maps, Sets and errors stays, and is no part of what was copied', () => {
  const inner = JSON.parse('{ "__proto__": { "own": 1 } }')
  const error = new TypeError('x', { cause: inner })
  const data = {
    map: new Map<unknown, unknown>([[{ key: 1 }, { value: 2 }]]),
    set: new Set([{ item: 3 }]),
    error,
    inner,
    holes: new Array(3),
  }
  const { value, isWhole } = new Bounds().copy(data)
  expect(value).toStrictEqual(data)
  expect(Object.getPrototypeOf((value as typeof data).inner)).toBe(Object.prototype)
  expect((value as typeof data).inner).not.toBe(inner)
  expect(isWhole).toBe(true)
})

test('a circle is cut where it closes, and what is in two places stays', () => {
  const shared = { text: 'x' }
  const data: Record<string, unknown> = { one: shared, two: [shared] }
  data['self'] = { again: data, shared }
  expect(new Bounds().copy(data)).toEqual({ value: { one: shared, two: [shared], self: { shared } }, isCut: false, isWhole: false })
  expect(data['self']).toHaveProperty('again', data)
})

test('what is not followed is left out', () => {
  const left = { left: true }
  const bounds = new Bounds((value) => 'left' in value)
  expect(bounds.copy({ a: left, map: new Map([[1, left]]), set: new Set([left, 2]) }).value).toEqual({ map: new Map(), set: new Set([2]) })
})

test('a tree is one that JSON writes once', () => {
  const shared = {}
  expect([isTree({ a: [1, {}] }), isTree([shared, shared])]).toEqual([true, false])
})
