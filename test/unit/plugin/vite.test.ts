// package.json names vitest alone, so no module may import Vite itself at run time: plugin/vite.ts has it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFilter, searchForWorkspaceRoot } from '../../../plugin/vite.ts'

const repository = join(import.meta.dirname, '../../..')

test('types alone are imported from vite', () => {
  const below = (room: string) => readdirSync(join(repository, room), { recursive: true, encoding: 'utf8' }).map((path) => join(room, path))
  const modules = ['plugin', 'src'].flatMap(below).filter((path) => path.endsWith('.ts'))
  const importing = modules.filter((path) => /^import (?!type ).* from 'vite'$/m.test(readFileSync(join(repository, path), 'utf8')))
  expect(modules.length).toBeGreaterThan(100)
  expect(importing).toEqual([])
})

test('what vitest has', () => {
  expect(createFilter('**/*.ts')('/a/b.ts')).toBe(true)
  expect(searchForWorkspaceRoot(join(repository, 'plugin'))).toBe(repository.replace(/\/$/, ''))
})
