// The tests that plugin/README.md names exist.

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
