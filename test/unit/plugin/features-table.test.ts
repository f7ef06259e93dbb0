// The tests that plugin/README.md and SECURITY.md name exist.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const repository = join(import.meta.dirname, '../../..')
const rows = readFileSync(join(repository, 'plugin/README.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map((cells) => ({ feature: cells.at(1) ?? '', file: cells.at(-3) ?? '', name: cells.at(-2) ?? '' }))
  .filter(({ file }) => /^`.*\.test\.ts`$/.test(file))
  .map(({ file, ...row }) => ({ ...row, file: file.slice(1, -1) }))

test('there are rows', () => {
  expect(rows.length).toBeGreaterThan(60)
})

test.each(rows)('$feature: $file, $name', ({ file, name }) => {
  const source = readFileSync(join(repository, 'test/plugin', file), 'utf8')
  // A name stands there as a string, or it is a file of a fixture that runs there.
  const isTitle = ["'", '"', '`'].some((quote) => source.includes(`${quote}${name}${quote}`))
  const fixtures = [...source.matchAll(/fixture\('(.+?)'\)/g)].map(([, fixture = '']) => fixture)
  expect(isTitle || fixtures.some((fixture) => existsSync(join(repository, 'test/fixtures/projects', fixture, name)))).toBe(true)
})

const proofs = readFileSync(join(repository, 'SECURITY.md'), 'utf8')
  .split('\n')
  .flatMap(
    (line) =>
      line
        .split('|')
        .at(-2)
        ?.match(/(?<=`)(plugin|unit)\/[\w/-]+(?=`)/g) ?? [],
  )

test('every test that proves a row of the table in SECURITY.md is there', () => {
  expect(proofs.length).toBeGreaterThan(15)
  expect(proofs.filter((name) => !existsSync(join(repository, 'test', `${name}.test.ts`)))).toEqual([])
})
