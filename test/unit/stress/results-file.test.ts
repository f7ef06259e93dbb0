// Promise: results.json is read back as it was written, and a mistake in it is named with its field.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readResults } from '../../../src/config/results.ts'
import { gridResults, hostileResults, results } from '../../support/stress-results.ts'

const directory = mkdtempSync(join(tmpdir(), 'nsbox-test-results-'))
const path = join(directory, 'results.json')
afterAll(() => rmSync(directory, { recursive: true }))

function read(content: unknown): unknown {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return readResults(path)
}

test.each([
  ['a grid', gridResults()],
  ['a sweep with text of all kinds', hostileResults()],
  ['nothing', results({ attempts: [], tests: [] })],
])('%s is the same again', (_, content) => {
  expect(read(content)).toEqual(JSON.parse(JSON.stringify(content)))
})

describe('refused:', () => {
  const attempt = { ...results().attempts[0], phase: 'grit' }
  test.each([
    ['what is no JSON', '{"version": 1, "attempts": [', /results\.json is not JSON \(.*\): was it written whole\?/],
    ['a list', [], /it must hold the results of nsbox stress: an object/],
    ['another version', { ...results(), version: 2 }, /version is 2, of a newer nsbox; this one reads version 1/],
    ['no version', {}, /version is missing; it must be 1, as nsbox stress writes it/],
    ['a field of another type', { ...results(), seed: '77' }, /seed is "77"; it must be a number/],
    ['a field that is missing', { ...results(), attempts: undefined }, /attempts is undefined; it must be a list/],
    [
      'a word that nobody knows',
      { ...results(), attempts: [attempt] },
      /attempts\.0\.phase is "grit" \(did you mean "grid"\?\); it must be one of/,
    ],
  ])('%s', (_, content, message) => {
    expect(() => read(content)).toThrow(message)
    expect(() => read(content)).toThrow(path)
  })

  test('a file that is not there', () => {
    expect(() => readResults(join(directory, 'none.json'))).toThrow(/none\.json cannot be read: ENOENT/)
  })

  test('a thousand mistakes in a few lines', () => {
    const wrong = { ...results(), attempts: Array.from({ length: 1000 }, () => attempt) }
    expect(() => read(wrong)).toThrow(/^.{100,900}…$/)
  })
})
