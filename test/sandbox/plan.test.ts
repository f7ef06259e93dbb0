// Promise: the order of the seal's steps is known, and every step says why it is there.

import { expect, test } from 'vitest'
import { type HostFacts, type SandboxRequest, sandboxPlan } from '../../src/plan/sandbox-plan.ts'

const host: HostFacts = {
  arch: 'x64',
  uid: 1000,
  gid: 1000,
  mappable: null,
  rebuilt: {},
  home: '/home/me',
  sharedDirectories: ['/tmp', '/var/tmp', '/run', '/run/user/1000'],
  upper: { on: 'tmpfs' },
  keepVisible: ['/usr/bin/node', '/run/resolv.conf'],
}
const request: SandboxRequest = {
  seal: 'require',
  uid: 'root',
  net: 'none',
  hostname: 'nsbox',
  overlays: ['/srv/project', '/home/me/inside'],
  passThrough: ['/srv/project/coverage'],
  visible: ['/run/shown', '/opt/shown'],
  cwd: '/srv/project',
}
const names = (change: Partial<SandboxRequest> = {}, facts: Partial<HostFacts> = {}) =>
  sandboxPlan({ ...request, ...change }, { ...host, ...facts }).steps.map((step) =>
    'target' in step ? `${step.do} ${step.target}` : step.do,
  )

test('the steps in their order', () => {
  expect(names()).toMatchInlineSnapshot(`
    [
      "map-ids",
      "hostname",
      "hold",
      "private-mounts",
      "read-only",
      "tmpfs /run",
      "hold",
      "tmpfs /run",
      "tmpfs /tmp",
      "tmpfs /var/tmp",
      "overlay /home/me",
      "overlay /srv/project",
      "bind /run/shown",
      "bind /run/resolv.conf",
      "bind /srv/project/coverage",
      "dev",
      "proc",
      "loopback",
      "chdir",
      "oom-score",
      "capabilities",
      "no-new-privs",
      "seccomp",
    ]
  `)
})

test("net: 'host' leaves the namespace and its step out", () => {
  expect(sandboxPlan({ ...request, net: 'host' }, host).namespaces).toEqual(['user', 'mount', 'pid', 'ipc', 'uts', 'cgroup'])
  expect(names({ net: 'host' })).toEqual(names().filter((name) => name !== 'loopback'))
})

test('writes on disk: a bind in place of the first tmpfs', () => {
  const onDisk = names({}, { upper: { on: 'disk', directory: '/var/tmp/upper' } })
  const inMemory = names()
  expect(onDisk.filter((_, index) => onDisk[index] !== inMemory[index])).toEqual(['bind /run'])
})

test('no home, no overlay for it', () => {
  expect(names({}, { home: null }).filter((name) => name.startsWith('overlay'))).toEqual([
    'overlay /srv/project',
    'overlay /home/me/inside',
  ])
})

test('every step says why', () => {
  for (const { why } of sandboxPlan(request, host).steps) expect(why).toMatch(/^\w.*[^.]$/)
})

test('a plan is the same every time, and plain data', () => {
  expect(sandboxPlan(request, host)).toEqual(sandboxPlan(request, host))
  expect(structuredClone(sandboxPlan(request, host))).toEqual(JSON.parse(JSON.stringify(sandboxPlan(request, host))))
})
