import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Mirrored, mirrorFile as mirror } from '../../../plugin/mirror-place.ts'

let base: string
let workspace: string

function mirrorFile(path: string, content: Uint8Array | null, more: Partial<Mirrored> = {}): string {
  return mirror({ workspaces: [workspace], executed: [], update: 'new', testFiles: new Set(), ...more }, path, content)
}

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  workspace = join(base, 'workspace')
  mkdirSync(workspace)
})
afterEach(() => rmSync(base, { recursive: true }))

test('a snapshot is written with its directories, and removed', () => {
  const path = join(workspace, '__snapshots__', 'a.snap')
  mirrorFile(path, Buffer.from('content'))
  expect(readFileSync(path, 'utf8')).toBe('content')
  mirrorFile(path, null)
  expect(existsSync(path)).toBe(false)
})

test.each(['outside.snap', 'workspace-twin/a.snap', 'workspace/../outside.snap'])('%s is refused', (name) => {
  expect(() => mirrorFile(join(base, name), Buffer.from('x'))).toThrow(expect.objectContaining({ code: 'ERR_NSBOX_MIRROR' }))
  expect(existsSync(join(base, name))).toBe(false)
})

test('a path that is refused forges no line', () => {
  const odd = 'odd\u001b[31m\nnsbox: forged'
  const shown = 'odd\\u{1b}[31m\\nnsbox: forged"'
  for (const [path, update] of [
    [join(base, odd), 'new'],
    [join(workspace, 'node_modules', odd), 'new'],
    [join(workspace, `${odd}.snap`), 'none'],
  ] as const) {
    expect(() => mirrorFile(path, Buffer.from('x'), { update })).toThrow(shown.replace('"', path.endsWith('.snap') ? '.snap"' : '"'))
  }
})

test('a link of the host that leads outside is refused', () => {
  symlinkSync(base, join(workspace, 'link'))
  expect(() => mirrorFile(join(workspace, 'link', 'a.snap'), Buffer.from('x'))).toThrow(/outside the workspace/)
})

test('a file that is a link to outside is not written through', () => {
  writeFileSync(join(base, 'victim'), 'mine')
  symlinkSync(join(base, 'victim'), join(workspace, 'a.snap'))
  expect(() => mirrorFile(join(workspace, 'a.snap'), Buffer.from('x'))).toThrow(/outside the workspace/)
  expect(readFileSync(join(base, 'victim'), 'utf8')).toBe('mine')
})

const run = /where programs of the host look for what they run/

test.each([
  '.git/config',
  'sub/.git/hooks/a.snap',
  'node_modules/vitest/index.snap',
  '.vscode/tasks.json',
  '.npmrc',
  'package.json',
  'packages/new/package.json',
  'vite.config.ts',
  'app/tsconfig.build.json',
  'Makefile',
  'pnpm-lock.yaml',
])('%s is not written: the host runs what is there', (name) => {
  expect(() => mirrorFile(join(workspace, name), Buffer.from('x'), { update: 'all' })).toThrow(run)
  expect(existsSync(join(workspace, name))).toBe(false)
})

test.each(['.storybook/__snapshots__/a.snap', '__snapshots__/vite.config.ts', 'app/snapshots/package.json', 'block.json', 'expected.js'])(
  '%s is written',
  (name) => {
    mirrorFile(join(workspace, name), Buffer.from('x'))
    expect(readFileSync(join(workspace, name), 'utf8')).toBe('x')
  },
)

test('neither a program nor a module of the config is written', () => {
  const [program, module] = [join(workspace, 'run'), join(workspace, 'shared.ts')]
  writeFileSync(program, '', { mode: 0o755 })
  writeFileSync(module, '')
  expect(() => mirrorFile(program, Buffer.from('x'), { update: 'all' })).toThrow(run)
  expect(() => mirrorFile(module, Buffer.from('x'), { update: 'all', executed: [module] })).toThrow(run)
})

test('what vitest would not update stays', () => {
  const [source, snapshots, own] = ['source.ts', 'a.snap', 'a.test.ts'].map((name) => join(workspace, name)) as [string, string, string]
  for (const path of [source, snapshots, own]) writeFileSync(path, 'old')
  const testFiles = new Set([own])
  const notUpdated = /in a run that does not update it/
  expect(() => mirrorFile(source, Buffer.from('new'), { testFiles })).toThrow(notUpdated)
  for (const path of [snapshots, own]) expect(() => mirrorFile(path, Buffer.from('new'), { testFiles, update: 'none' })).toThrow(notUpdated)
  for (const path of [snapshots, own]) mirrorFile(path, Buffer.from('new'), { testFiles })
  mirrorFile(source, Buffer.from('new'), { update: 'all' })
  expect([source, snapshots, own].map((path) => readFileSync(path, 'utf8'))).toEqual(['new', 'new', 'new'])
})
