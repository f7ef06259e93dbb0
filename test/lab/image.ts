// The guest user's home: an ext4 image, made from the project's files and read without mounting anything.

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Guest, guestName, type Request } from './request.ts'
import type { Throwaway } from './throwaway.ts'

const repository = join(import.meta.dirname, '../..')
const home = '/home/guest'

/** What npm installed: `guest/init.sh` mounts it. */
const modules = [
  { inProject: 'node_modules', inPlace: 'node_modules' },
  { inProject: 'test/vitest4/node_modules', inPlace: 'vitest4_modules' },
]

/** Makes all that a guest takes from the host besides its programs. */
export function makeImage(place: Throwaway, guest: Guest, request: Request): string {
  const staging = place.path('home')
  const [image, size] = [place.path('home.img'), 1 << 30]
  for (const file of projectFiles()) cpSync(join(repository, file), join(staging, 'project', file), { preserveTimestamps: true })
  if (existsSync(join(repository, 'dist')))
    cpSync(join(repository, 'dist'), join(staging, 'project/dist'), { recursive: true, preserveTimestamps: true })
  for (const { inProject } of modules) mkdirSync(join(staging, 'project', inProject))
  mkdirSync(join(staging, 'lab'))
  writeFileSync(join(staging, 'lab/run'), script(place, guest, request), { mode: 0o755 })
  writeFileSync(image, '')
  truncateSync(image, size)
  // Without a journal, which nobody would replay before debugfs reads.
  execFileSync('mke2fs', ['-q', '-t', 'ext4', '-O', '^has_journal', '-E', 'lazy_itable_init=1', '-d', staging, image], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  rmSync(staging, { recursive: true })
  // By name, whatever is in the clone's: the guest's kernel resolves the link on the host's tree.
  for (const { inProject, inPlace } of modules) symlinkSync(realpathSync(join(repository, inProject)), place.path(inPlace))
  return image
}

/** A file in the user's ~/lab; empty when it is not there. */
export function readFromImage(image: string, name: string): string {
  return execFileSync('debugfs', ['-R', `cat lab/${name}`, image], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 1 << 28,
  })
}

/** Tracked files and those that git would add. */
function projectFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['-c', 'safe.directory=*', 'ls-files', '-z', '--cached', '--others', '--exclude-standard', '--exclude=/node_modules'],
    {
      cwd: repository,
      encoding: 'utf8',
    },
  )
  return listed.split('\0').filter((file) => file !== '' && existsSync(join(repository, file)))
}

/** XDG_RUNTIME_DIR is not in it, as in the steps of a hosted CI. In a pipe vitest prints line by line. */
function script(place: Throwaway, guest: Guest, { project, bench, words, delegate }: Request): string {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${home}/lab/results.json`]
  const projects = project.map((name) => `--project=${name}`)
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/vitest.config.ts', ...projects, ...reporters]
  const command = ['node', ...(bench === undefined ? vitest : [`test/bench/${bench}.ts`])]
  const environment = {
    PATH: `${home}/project/node_modules/node/bin:/usr/local/bin:/usr/bin:/bin`,
    HOME: home,
    USER: 'guest',
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    NSBOX_TEST_REQUIRE: 'cgroup',
    NSBOX_TEST_GUEST: guestName(guest),
    NSBOX_TEST_DELEGATE: delegate,
    NSBOX_TEST_VITEST: process.env['NSBOX_TEST_VITEST'] ?? '',
  }
  const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  return `#!/bin/bash
cd ${home}/project
echo ${place.directory}
env -i ${[...set, ...command, ...words].map(quoted).join(' ')} 2>&1 </dev/null | cat
echo \${PIPESTATUS[0]} >${home}/lab/exit
echo ${place.directory}
`
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
