// @module-tag root
// Promise: a directory that the host moves into the project while a command runs is not written over.

import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { directoriesIn } from '../../src/changes/directories.ts'
import { CommandPlace } from '../support/command-place.ts'

test.for(['echo more >> dist/f', 'rm dist/f'])('%s with --apply, and later what was kept', async (command, { skip }) => {
  const place = new CommandPlace({ 'dist/f': 'old' })
  onTestFinished(() => place.remove())
  skip(directoriesIn(place.project).size === 0, 'inode numbers of directories may change on this file system')
  const [built, kept] = ['new', 'kept'].map((name) => join(place.root, name)) as [string, string]
  mkdirSync(built)
  writeFileSync(join(built, 'f'), 'newer')
  const run = async (words: string[], meanwhile = () => undefined as unknown) => {
    const child = place.spawn(['nsbox', ...words], { stdio: ['pipe', 'pipe', 'pipe'] })
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    const closed = once(child, 'close')
    child.stdout?.once('data', () => {
      meanwhile()
      child.stdin?.end()
    })
    const [code] = await closed
    return { code, stderr }
  }
  const swap = () => {
    renameSync(join(place.project, 'dist'), join(place.root, 'old'))
    renameSync(built, join(place.project, 'dist'))
  }
  const words = ['run', '--apply', '--yes', '--keep', kept, '--', 'sh', '-c', `${command}; echo done; cat`]
  for (const { code, stderr } of [await run(words, swap), await run(['apply', kept, '--yes'])]) {
    expect(stderr).toContain(`${place.project}/dist: another directory has taken its place since`)
    expect(code).toBe(125)
    expect(readFileSync(join(place.project, 'dist/f'), 'utf8')).toBe('newer')
  }
})
