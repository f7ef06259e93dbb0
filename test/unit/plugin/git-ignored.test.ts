import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { gitIgnored } from '../../../plugin/git-ignored.ts'

let root: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'git-ignored-'))
  const git = (...words: string[]) => execFileSync('git', ['-C', root, ...words])
  git('init', '--quiet')
  mkdirSync(join(root, 'scratch'))
  mkdirSync(join(root, 'package'))
  writeFileSync(join(root, '.gitignore'), 'dist/\n*.log\n/scratch\n')
  writeFileSync(join(root, 'kept.log'), '')
  git('add', '--force', 'kept.log')
})
afterAll(() => rmSync(root, { recursive: true }))

test('what patterns fit, there or not; and nothing that git keeps', async () => {
  const paths = ['dist/', 'dist/a/b.js', 'a.log', 'kept.log', 'src/a.ts', 'dist']
  expect([...(await gitIgnored(root, paths))]).toEqual(['dist/', 'dist/a/b.js', 'a.log'])
  expect([...(await gitIgnored(join(root, 'package'), ['dist/x', 'b.log', 'b.ts']))]).toEqual(['dist/x', 'b.log'])
})

test('of a directory that is ignored itself nothing is said, nor where there is no repository', async () => {
  expect([...(await gitIgnored(join(root, 'scratch'), ['a.log', 'b.ts']))]).toEqual([])
  expect([...(await gitIgnored('/', ['a.log']))]).toEqual([])
  expect([...(await gitIgnored(join(root, 'not there'), ['a.log']))]).toEqual([])
})
