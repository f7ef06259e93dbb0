import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { removeTree } from '../../../src/sys/remove-tree.ts'

test.each([
  ['closed directories', 'mkdir -p a/b/c; touch a/b/file; chmod 0 a/b a'],
  ['names that are not UTF-8', `mkdir $'a\\xff'; touch $'a\\xff/b\\xfe'`],
  ['closed directories whose names are not UTF-8', `mkdir -p $'a\\xff/b\\xfe/c'; chmod 0 $'a\\xff/b\\xfe' $'a\\xff'`],
  ['directories that cannot be written to', 'mkdir -p a/b; touch a/b/file; chmod 555 a/b a'],
  ['links, which are not followed', 'mkdir a; ln -s "$PWD"/.. a/up'],
])('removes %s', (_, script) => {
  const directory = mkdtempSync(join(tmpdir(), 'nsbox-remove-'))
  execFileSync('bash', ['-ec', script], { cwd: directory })
  removeTree(directory)
  expect(existsSync(directory)).toBe(false)
})
