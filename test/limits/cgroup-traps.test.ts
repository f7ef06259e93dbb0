// @module-tag root
// What was met on the way to a delegated cgroup, each with what nsbox does about it. In a guest of test/lab whose user owns his cgroup.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { Base, baseOf } from '../../src/cgroup/base.ts'
import { placeOf } from '../../src/cgroup/place.ts'
import { run } from '../support/built-library.ts'
import { needsGuest } from '../support/guest.ts'
import { byCgroup, cgroupsLeft } from '../support/limits.ts'

const read = (...path: string[]) => readFileSync(join(...path), 'utf8').trim()

/** A new cgroup with all controllers, beside that of this process; it is removed with the test. */
function newCgroup(context: TestContext): string {
  needsGuest(context, 'plain')
  const own = Base.open(baseOf(placeOf('self').own as string), { evacuate: true })
  onTestFinished(() => own.close())
  const path = join(own.path, 'trap')
  mkdirSync(path)
  onTestFinished(() => rmdirSync(path))
  return path
}

/** A process in it that sleeps. */
async function sleeper(path: string): Promise<ChildProcess> {
  const child = spawn('sleep', ['1000'])
  writeFileSync(join(path, 'cgroup.procs'), String(child.pid))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
  })
  return child
}

test('a cgroup with processes limits no children: they move to one, and back when all is over', async (context) => {
  const path = newCgroup(context)
  const child = await sleeper(path)
  const base = Base.open(path, { evacuate: true })
  expect(read(path, 'cgroup.procs')).toBe('')
  expect(read(path, 'nsbox-callers/cgroup.procs')).toBe(String(child.pid))
  // Whoever switches cpu on first, with the process inside, gets a threaded one.
  expect(read(path, 'cgroup.type')).toBe('domain')
  expect(base.controllers).toEqual(expect.arrayContaining(['memory', 'cpu', 'pids']))
  await base.close()
  expect(read(path, 'cgroup.procs')).toBe(String(child.pid))
  expect(read(path, 'cgroup.subtree_control')).toBe('')
})

test('processes of somebody else stay where they are', async (context) => {
  const path = newCgroup(context)
  const child = await sleeper(path)
  expect(() => Base.open(path, { evacuate: false })).toThrow(`it holds processes of somebody else (${child.pid})`)
  expect(read(path, 'cgroup.procs')).toBe(String(child.pid))
})

test('somebody has switched cpu on with processes inside, and made it threaded: it is refused with the reason', async (context) => {
  const path = newCgroup(context)
  await sleeper(path)
  writeFileSync(join(path, 'cgroup.subtree_control'), '+cpu')
  expect(() => Base.open(path, { evacuate: true })).toThrow('its type is domain threaded, and processes cannot be limited in memory there')
})

test('controllers that another nsbox switched off when it ended are switched on again', async (context) => {
  const path = newCgroup(context)
  const [first, second] = [Base.open(path, { evacuate: true }), Base.open(path, { evacuate: true })]
  await first.close()
  writeFileSync(join(path, 'cgroup.subtree_control'), '-memory')
  const leaf = second.leaf()
  leaf.write({ limit: 'memory', file: 'memory.max', value: '67108864' })
  expect(read(leaf.path, 'memory.max')).toBe('67108864')
  await second.close()
})

test('a value that the kernel does not take is refused, and says so', async (context) => {
  const path = newCgroup(context)
  const base = Base.open(path, { evacuate: true })
  const leaf = base.leaf()
  expect(() => leaf.write({ limit: 'cpu', file: 'cpu.max', value: '1 1' })).toThrow(
    'cpu: cpu.max cannot be set to 1 1: the kernel takes no such value (EINVAL)',
  )
  expect(() => leaf.write({ limit: 'cpus', file: 'cpuset.cpus', value: '0' })).toThrow('its controller is not switched on here (ENOENT)')
  await base.close()
})

test('a cgroup that was given', async (context) => {
  const path = newCgroup(context)
  const running = run({ command: ['sh', '-c', 'echo ready; sleep 1'], memory: '256M', cgroupParent: path })
  await Promise.race([new Promise((resolve) => running.stdout?.once('data', resolve)), running])
  expect(cgroupsLeft().some((one) => one.startsWith(`${path}/nsbox-`))).toBe(true)
  expect(await running).toMatchObject({ exitCode: 0, limits: { memory: 'cgroup memory.max' } })
  expect(cgroupsLeft().filter((one) => one.startsWith(path))).toEqual([])
})

test.skipIf(!byCgroup)(byCgroup ? 'one that this process may not leave for is refused' : 'needs a cgroup', async () => {
  const report = await run({ command: ['true'], memory: '256M', cgroupParent: '/sys/fs/cgroup' })
  expect(report).toMatchObject({ cause: 'failure', error: { code: 'ERR_NSBOX_CGROUP' } })
  expect(report.error?.message).toMatch(/this user may not write to it|may not leave it for there/)
})
