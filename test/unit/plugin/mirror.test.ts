import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { mirrorFile } from '../../../plugin/mirror-place.ts'

let base: string
let workspace: string

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  workspace = join(base, 'workspace')
  mkdirSync(workspace)
})
afterEach(() => rmSync(base, { recursive: true }))

test('a snapshot is written with its directories, and removed', () => {
  const path = join(workspace, '__snapshots__', 'a.snap')
  mirrorFile([workspace], path, Buffer.from('content'))
  expect(readFileSync(path, 'utf8')).toBe('content')
  mirrorFile([workspace], path, null)
  expect(existsSync(path)).toBe(false)
})

test.each(['outside.snap', 'workspace-twin/a.snap', 'workspace/../outside.snap'])('%s is refused', (name) => {
  expect(() => mirrorFile([workspace], join(base, name), Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ERR_NSBOX_MIRROR' }))
  expect(existsSync(join(base, name))).toBe(false)
})

test('a link of the host that leads outside is refused', () => {
  symlinkSync(base, join(workspace, 'link'))
  expect(() => mirrorFile([workspace], join(workspace, 'link', 'a.snap'), Buffer.from('x'))).toThrow(/outside the workspace/)
})

test('a file that is a link to outside is not written through', () => {
  writeFileSync(join(base, 'victim'), 'mine')
  symlinkSync(join(base, 'victim'), join(workspace, 'a.snap'))
  expect(() => mirrorFile([workspace], join(workspace, 'a.snap'), Buffer.from('x'))).toThrow(/outside the workspace/)
  expect(readFileSync(join(base, 'victim'), 'utf8')).toBe('mine')
})
