// Plain directories stand for the upper and the lower one; what only an overlay makes, test/plugin has.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { usualWrites } from '../../../plugin/usual-writes.ts'
import { type Bounds, WrittenFiles } from '../../../plugin/written-files.ts'

let [upper, lower] = ['', '']

beforeEach(() => {
  const base = mkdtempSync(join(tmpdir(), 'written-'))
  onTestFinished(() => rmSync(base, { recursive: true }))
  upper = join(base, 'upper')
  lower = join(base, 'lower')
  mkdirSync(upper)
  mkdirSync(lower)
})

function write(directory: string, path: string, content = '', mtime = 1): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), content)
  utimesSync(join(directory, path), mtime, mtime)
}

const of = (isUsual = (_path: string) => false, bounds?: Bounds) =>
  new WrittenFiles([{ target: lower, upper, lowers: [lower] }], isUsual, bounds)

async function told(files: WrittenFiles): Promise<string[]> {
  const { writes } = await files.look()
  return writes.map(({ path, kind }) => `${kind} ${path.slice(lower.length + 1)}`)
}

test('what was only opened, or holds what was written, is not told of', async () => {
  for (const path of ['same.txt', 'longer.txt', 'younger.txt', 'mode.txt', 'directory/below.txt']) write(lower, path)
  write(upper, 'same.txt')
  write(upper, 'longer.txt', 'more')
  write(upper, 'younger.txt', '', 2)
  write(upper, 'mode.txt')
  chmodSync(join(upper, 'mode.txt'), 0o600)
  write(upper, 'directory/new.txt')
  mkdirSync(join(upper, 'empty'))
  expect((await told(of())).sort()).toEqual([
    'added directory/new.txt',
    'added empty',
    'modified longer.txt',
    'modified mode.txt',
    'modified younger.txt',
  ])
})

test('each look tells what is new since the one before', async () => {
  const files = of()
  expect(await told(files)).toEqual([])
  write(upper, 'a.txt')
  expect(await told(files)).toEqual(['added a.txt'])
  write(upper, 'b.txt')
  expect(await told(files)).toEqual(['added b.txt'])
  write(upper, 'a.txt', 'again')
  expect(await told(files)).toEqual(['added a.txt'])
})

test('what is passed over is not even looked into', async () => {
  for (const path of ['node_modules/.vite/deps/a.js', 'node_modules/a/b.js', 'dist/c.js', 'tmp/d.txt', 'e.txt']) write(upper, path)
  const isUsual = usualWrites(['dist/**', '~/e.txt'], { workspaces: [lower], home: lower }, join(lower, 'tmp'))
  expect(await told(of(isUsual))).toEqual(['added node_modules/a/b.js'])
})

test('of many the first are named, all are counted, and there is an end', async () => {
  for (let index = 0; index < 30; index++) write(upper, `${index}.txt`)
  expect(await of(undefined, { named: 5, seen: 100, slice: 4 }).look()).toMatchObject({ count: 30, complete: true, writes: { length: 5 } })
  expect(await of(undefined, { named: 5, seen: 10, slice: 4 }).look()).toMatchObject({ count: 10, complete: false })
})
