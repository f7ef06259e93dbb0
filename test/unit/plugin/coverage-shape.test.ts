import { expect, test } from 'vitest'
import { type Mapped, wayBack } from '../../../plugin/coverage-lines.ts'
import { isCoverage } from '../../../plugin/coverage-shape.ts'
import { isTree } from '../../../plugin/plain-data.ts'

const range = (startOffset: number, endOffset: number) => ({ startOffset, endOffset, count: 1 })
const script = (...ranges: object[]) => ({ result: [{ scriptId: '1', url: 'file:///a.js', functions: [{ functionName: '', ranges }] }] })
const place = { start: { line: 1, column: 0 }, end: { line: 1, column: null } }
const file = (more: object = {}) => ({
  '/a.js': { path: '/a.js', statementMap: { 0: place }, fnMap: {}, branchMap: {}, s: { 0: 1 }, f: {}, b: {}, ...more },
})
const branch = { type: 'if', loc: place, locations: [place, { start: {}, end: {} }] }

test.each([
  ['v8', script(range(0, 100), range(10, 50), range(10, 20), range(20, 50), range(60, 61))],
  ['v8', { result: [] }],
  ['istanbul', file({ branchMap: { 0: branch }, b: { 0: [1, 0] } })],
  ['istanbul', file({ fnMap: { 0: { name: 'f', decl: place, loc: place } }, f: { 0: 2 }, hash: 'x' })],
  ['istanbul', {}],
  ['custom', 'whatever a provider of the project’s own reads'],
])('%s writes %j', (provider, coverage) => {
  expect(isCoverage(provider, coverage)).toBe(true)
})

test.each([
  ['v8', {}],
  ['v8', null],
  ['v8', script()],
  ['v8', script(range(0, -1))],
  ['v8', script(range(0, 2 ** 40))],
  ['v8', script(range(0, 100), range(50, 150))],
  ['v8', script(range(0, 100), range(50, 60), range(40, 45))],
  ['v8', script(...Array.from({ length: 2000 }, (_, depth) => range(depth, 10_000 - depth)))],
  ['istanbul', []],
  ['istanbul', 'text'],
  ['istanbul', file({ s: {} })],
  ['istanbul', file({ s: { 0: 1, 1: 1 } })],
  ['istanbul', file({ branchMap: { 0: branch }, b: { 0: [1] } })],
  ['istanbul', file({ inputSourceMap: { sources: [5] } })],
  ['istanbul', file({ branchMap: { 0: { ...branch, locations: [] } }, b: { 0: [] } })],
  ['istanbul', file({ statementMap: { 0: { ...place, end: { line: 1e9, column: 0 } } } })],
  ['istanbul', file({ statementMap: { 0: { ...place, end: { line: -1, column: 0 } } } })],
  ['istanbul', file({ statementMap: { 0: { ...place, end: { line: 0.5, column: 0 } } } })],
  ['istanbul', file({ statementMap: { 0: { ...place, end: { line: 1, column: 1e9 } } } })],
  ['istanbul', file({ statementMap: { 0: { ...place, end: { line: 1, column: -1 } } } })],
])('%s does not write %j', (provider, coverage) => {
  expect(isCoverage(provider, coverage)).toBe(false)
})

test('a tree holds each of its objects once', () => {
  const leaf = {}
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  expect([{ a: [{}, 1, null] }, [leaf, leaf], cycle].map(isTree)).toEqual([true, false, false])
})

test.each([
  ['AAAA;AACA;AACA', 3, 0],
  ['AAAA;AACA', 5, 3],
  ['AAAA;;;A,CAAC;g', 5, 4],
  ['', 4, 4],
])('mappings %j: from line %j it is %j lines back to one with a source', (mappings, line, lines) => {
  const range = { end: { line } }
  const maps: Mapped = {
    statementMap: { 0: range },
    fnMap: { 0: { decl: range, loc: range } },
    branchMap: { 0: { loc: range, locations: [range, { end: {} }] } },
  }
  expect(wayBack(maps, mappings)).toBe(5 * lines)
})
