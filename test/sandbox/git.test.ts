// @module-tag root
// Promise: git works in a sandbox wherever it keeps its metadata, and what it writes is gone afterwards.

import { spawnSync } from 'node:child_process'
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { repositoryAround } from '../../src/host/repository.ts'
import { Place } from '../support/place.ts'
import { isOnPath, needProgram } from '../support/programs.ts'
import { programPath } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

const place = new Place()
afterAll(() => place.remove())
const base = realpathSync(place.outside)
const at = (path: string) => join(base, path)

const identity = ['AUTHOR', 'COMMITTER'].flatMap((who) => [
  [`GIT_${who}_NAME`, 'test'],
  [`GIT_${who}_EMAIL`, 'test@localhost'],
])
/** Nobody's configuration has a say, and root may use what lies in an ordinary user's directory. */
const settings = { 'safe.directory': '*', 'init.defaultBranch': 'main' }
const env: Record<string, string> = {
  ...Object.fromEntries(identity),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_COUNT: String(Object.keys(settings).length),
  ...Object.fromEntries(
    Object.entries(settings).flatMap(([key, value], index) => [
      [`GIT_CONFIG_KEY_${index}`, key],
      [`GIT_CONFIG_VALUE_${index}`, value],
    ]),
  ),
}

function sh(script: string): void {
  const { status, stderr } = spawnSync('/bin/sh', ['-ec', script], {
    cwd: base,
    env: { PATH: programPath, HOME: place.home, ...env },
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
}

const layouts: Record<string, string> = {
  'a worktree': 'worktree',
  'a .git that is a link': 'linked',
  'a .git that is a file': 'separate',
  'a submodule': 'outer/module',
  'a package below the root of its repository': 'outer/packages/app',
}

beforeEach((context) => needProgram(context, 'git'))
beforeAll(() => {
  if (!isOnPath('git')) return
  sh(`
    commit() { echo one > file; git add .; git commit -qm first; }
    git init -q main; cd main; commit; git worktree add -q -b feature ../worktree; cd ..
    git init -q linked; mkdir meta; mv linked/.git meta/linked.git; ln -s ../meta/linked.git linked/.git; cd linked; commit; cd ..
    git init -q --separate-git-dir meta/separate.git separate; cd separate; commit; cd ..
    git init -q outer; mkdir -p outer/packages/app outer/packages/lib; cd outer/packages/app; commit; cd ../..
    git -c protocol.file.allow=always submodule --quiet add ${at('main')} module; git commit -qm module`)
})

const commits =
  'git status --porcelain && echo more >> file && git add file && git commit -qm inside && git log -1 --format=%s && git diff --quiet HEAD'

describe.each(Object.entries(layouts))('%s', (_, directory) => {
  test.each([
    ['nsbox run', []],
    ['nsbox run --diff', ['--diff']],
  ])('a commit stays inside: %s', async (_, flags) => {
    const before = describeTree(base)
    const { stdout, stderr } = await place.run(flags, commits, { cwd: at(directory), env })
    expect(stdout, stderr).toBe('inside\n')
    expect(describeTree(base)).toEqual(before)
  })
})

test('a commit is applied where the caller wants it', async () => {
  const { exitCode, stderr } = await place.run(['--apply', '--yes'], commits, { cwd: at('worktree'), env })
  expect(exitCode, stderr).toBe(0)
  sh(`cd worktree; [ "$(git log -1 --format=%s)" = inside ]; [ -z "$(git status --porcelain)" ]; git fsck --no-progress`)
})

test('files are renamed and linked between the packages of a repository', async () => {
  const script = 'ln file ../lib/linked && mv -n file ../lib/moved && cat ../lib/linked ../lib/moved && git -C ../.. status --porcelain'
  const { stdout, stderr } = await place.run([], script, { cwd: at('outer/packages/app'), env })
  expect(stdout, stderr).toBe('one\none\n D packages/app/file\n?? packages/lib/\n')
})

test('what lies beside a package lies in its repository, and changes are not kept there', async () => {
  const { exitCode, stderr } = await place.run(['--keep', '../kept'], 'echo ran', { cwd: at('outer/packages/app'), env })
  expect(exitCode).toBe(125)
  expect(stderr).toContain(`--keep is "../kept": it lies in ${at('outer')}, `)
  expect(stderr).toContain('choose one beside it, such as ../../../changes\n')
})

describe('what a project names as its metadata', () => {
  const shared = [realpathSync(place.root)]
  const claim = (name: string, text: string): string => {
    mkdirSync(at(name))
    writeFileSync(at(`${name}/.git`), text)
    return at(name)
  }

  test('is not let in if it is no git directory', async () => {
    const secret = join(place.root, 'secret')
    mkdirSync(secret)
    writeFileSync(join(secret, 'HEAD'), 'ref: refs/heads/main\n')
    const cwd = claim('claims', `gitdir: ${secret}\n`)
    expect(repositoryAround(cwd, shared)).toEqual([])
    expect((await place.run([], `cat ${secret}/HEAD; echo x > ${secret}/new`, { cwd })).stdout).toBe('')
  })

  test.each([
    ['leads nowhere', 'gitdir: /no/such/directory\n'],
    ['is not what git writes', 'something else\n'],
  ])('is nothing if it %s', (name, text) => expect(repositoryAround(claim(name, text), shared)).toEqual([]))
})

test('a repository of all that lies in a private directory is not one of the project in it', () => {
  const [around, project] = [join(place.root, 'around'), join(place.root, 'around/private/project')]
  mkdirSync(project, { recursive: true })
  sh(`git init -q ${around}`)
  expect(repositoryAround(project, [])).toEqual([realpathSync(around)])
  for (const shared of [around, join(around, 'private')])
    expect(repositoryAround(realpathSync(project), [realpathSync(shared)])).toEqual([join(realpathSync(around), '.git')])
})
