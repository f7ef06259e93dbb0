// @module-tag root
// Promise: every other limit holds where its controller is, has a stand-in where there is one, and is refused otherwise.

import { existsSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { CreateOptions } from '../../src/index.ts'
import { begun, byCgroup, controllers, scratch, sharedSandbox, whyNoCgroup } from '../support/limits.ts'

const inside = (file: string) => ['cat', `/sys/fs/cgroup/${file}`]

test('cpus: the only processors that it has', async () => {
  const sandbox = await sharedSandbox({ cpus: [0] })
  const report = await sandbox.exec(['nproc'])
  expect(report.stdout).toBe('1\n')
  expect(report.limits).toEqual({ cpus: controllers.includes('cpuset') ? 'cgroup cpuset.cpus' : 'sched_setaffinity' })
})

test('cpus: processors that this machine has not are refused', async () => {
  await expect(sharedSandbox({ cpus: [4000] })).rejects.toThrow(/cpus is "4000": this process may run on/)
})

test('cpuWeight', async () => {
  const sandbox = await sharedSandbox({ cpuWeight: 50 })
  const report = await sandbox.exec(controllers.includes('cpu') ? inside('cpu.weight') : ['nice'])
  expect(Number(report.stdout)).toBe(controllers.includes('cpu') ? 50 : 3)
})

/** The disk under HOME, if it is one. */
const disk = blockDevice(statSync(scratch).dev)

function blockDevice(dev: number): string | undefined {
  const number = `${dev >> 8}:${dev & 0xff}`
  return existsSync(`/sys/dev/block/${number}`) ? number : undefined
}

const onlyByCgroup: { limit: string; controller: string; options: CreateOptions; file: string; value: RegExp }[] = [
  { limit: 'memoryHigh', controller: 'memory', options: { memoryHigh: '64M' }, file: 'memory.high', value: /^67108864$/m },
  {
    limit: 'io',
    controller: 'io',
    options: { io: [{ device: disk ?? '7:0', read: '1M', writes: 10 }] },
    file: 'io.max',
    value: /rbps=1048576 .*wiops=10/,
  },
  { limit: 'hugetlb', controller: 'hugetlb', options: { hugetlb: { '2MB': '4M' } }, file: 'hugetlb.2MB.max', value: /^4194304$/m },
]

describe.each(onlyByCgroup)('$limit', ({ limit, controller, options, file, value }) => {
  const has = controllers.includes(controller)
  const missing = !has ? `the cgroup controller ${controller}` : limit === 'io' && disk === undefined ? 'a disk under HOME' : undefined

  test.skipIf(missing)(missing ? `needs ${missing}` : 'is what the kernel holds', async () => {
    const sandbox = await sharedSandbox(options)
    const report = await sandbox.exec(inside(file))
    expect(report).toMatchObject({ exitCode: 0, error: null, limits: { [limit]: `cgroup ${file}` } })
    expect(report.stdout).toMatch(value)
  })

  test.skipIf(has)(has ? `has the controller ${controller}` : 'is refused, and named with what is missing', async () => {
    const sandbox = await sharedSandbox(options)
    const report = await sandbox.exec(['true'])
    expect(report).toMatchObject({ cause: 'failure', error: { code: 'ERR_NSBOX_LIMIT' } })
    expect(report.error?.message).toContain(`${limit} cannot be limited here: no cgroup with the controller ${controller}`)
  })

  test.skipIf(has)(has ? `has the controller ${controller}` : "with seal: 'prefer' it is in the report", async () => {
    const sandbox = await sharedSandbox({ ...options, seal: 'prefer' })
    const report = await sandbox.exec(['echo', 'ran'])
    expect(report).toMatchObject({ stdout: 'ran\n', limits: {} })
    expect(report.notEnforced.map(({ protection }) => protection)).toContain(limit)
  })
})

test('disk: what overlays keep and what is in /tmp', async () => {
  const sandbox = await sharedSandbox({ disk: '8M' })
  const report = await sandbox.exec([
    '/bin/sh',
    '-c',
    'head -c 7M /dev/zero > /tmp/a && echo fits; head -c 9M /dev/zero > /tmp/b || echo full',
  ])
  if (report.cause === 'failure') expect(report.error?.message).toContain('disk cannot be limited here')
  else expect(report.stdout).toBe('fits\nfull\n')
})

test('freeze and thaw: nothing moves in between', async () => {
  const sandbox = await sharedSandbox({ cpu: 1 })
  const running = sandbox.exec(['/bin/sh', '-c', 'echo ready; (while :; do :; done) & while :; do :; done'])
  await begun(running)
  await running.freeze()
  const before = await running.usage()
  await sleep(300)
  const after = await running.usage()
  expect(after.cpuMs - before.cpuMs).toBeLessThan(20)
  await running.thaw()
  await vi.waitFor(async () => expect((await running.usage()).cpuMs).toBeGreaterThan(after.cpuMs + 20), { timeout: 20_000 })
  running.kill('SIGKILL')
  expect(await running).toMatchObject({ signal: 'SIGKILL' })
})

test('what was frozen can be killed', async () => {
  const sandbox = await sharedSandbox({ cpu: 1 })
  const running = sandbox.exec(['/bin/sh', '-c', 'echo ready; sleep 60'])
  await begun(running)
  await running.freeze()
  running.kill('SIGKILL')
  expect(await running).toMatchObject({ signal: 'SIGKILL' })
})

test('orders to a program that has ended are refused', async () => {
  const sandbox = await sharedSandbox({ cpu: 1 })
  const running = sandbox.exec(['true'])
  await running
  await expect(running.freeze()).rejects.toMatchObject({ code: 'ERR_NSBOX_ENDED' })
  await expect(running.setLimits({ cpu: 0.5 })).rejects.toMatchObject({ code: 'ERR_NSBOX_ENDED' })
})

test('limits that are wrong are refused while it runs, and change nothing', async () => {
  const sandbox = await sharedSandbox({ cpu: 0.5 })
  const running = sandbox.exec(['/bin/sh', '-c', 'echo ready; sleep 60'])
  await begun(running)
  await expect(running.setLimits({ cpu: -1 })).rejects.toThrow('setLimits(): cpu is -1')
  running.kill('SIGKILL')
  expect((await running).limits).toHaveProperty('cpu')
})

test.skipIf(byCgroup)(byCgroup ? 'cgroups can be had here' : "limitsBy: 'cgroup' says why there is none", () => {
  expect(whyNoCgroup).toMatch(/There is no cgroup to limit sandboxes by: .+/)
})
