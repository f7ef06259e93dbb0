// What a guest of test/lab promises to the tests that run in it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { controllers, delegated, needsGuest } from '../support/guest.ts'

const mount = '/sys/fs/cgroup'
const runtime = '/run/user/1000'

test('plain: an ordinary user in a cgroup of his own, and nobody who manages it', (context) => {
  needsGuest(context, 'plain')
  expect(process.getuid?.()).toBe(1000)
  expect(process.env['XDG_RUNTIME_DIR']).toBeUndefined()
  expect(own()).toBe(join(mount, 'guest'))
  expect(words(join(own(), 'cgroup.controllers')).toSorted()).toEqual(controllers.toSorted())
  mkdirSync(join(own(), 'child'))
  rmdirSync(join(own(), 'child'))
})

test("systemd: an ordinary user in a service's cgroup, which is not his, and no XDG_RUNTIME_DIR", (context) => {
  needsGuest(context, 'systemd')
  expect(process.getuid?.()).toBe(1000)
  expect(process.env['XDG_RUNTIME_DIR']).toBeUndefined()
  expect(own()).toBe(join(mount, 'system.slice/lab.service'))
  expect(() => mkdirSync(join(own(), 'child'))).toThrow('EACCES')
})

test("systemd: the user's manager gives him a scope with the delegated controllers", (context) => {
  needsGuest(context, 'systemd')
  const script = `own="${mount}$(sed -n 's/^0:://p' /proc/self/cgroup)" && mkdir "$own/child" && cat "$own/cgroup.controllers"`
  const { stdout, stderr, status } = spawnSync(
    'systemd-run',
    ['--user', '--scope', '--quiet', '--collect', '--property=Delegate=yes', '/bin/sh', '-c', script],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], XDG_RUNTIME_DIR: runtime } },
  )
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  expect(stdout.trim().split(' ').toSorted()).toEqual(delegated.toSorted())
})

function own(): string {
  return join(mount, /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '')
}

function words(file: string): string[] {
  return readFileSync(file, 'utf8').trim().split(' ')
}
