// @module-tag root
// Promise: no more processes than were asked for, to the last one.

import { describe, expect, test } from 'vitest'
import { controllers, isRoot, sharedSandbox } from '../support/limits.ts'

const isKernel = controllers.includes('pids')
const canLimit = isKernel || !isRoot
const mechanism = isKernel ? 'cgroup pids.max' : 'RLIMIT_NPROC of the user namespace'
const count = 'i=1; while sleep 60 & do i=$((i+1)); echo $i; done'

describe.skipIf(!canLimit)(canLimit ? mechanism : 'needs a cgroup, or a caller who is not root', () => {
  test.each([16, 20, 100])('%i processes, and not one more', async (pids) => {
    const sandbox = await sharedSandbox({ pids })
    const report = await sandbox.exec(['/bin/sh', '-c', count])
    expect(report.limits).toEqual({ pids: mechanism })
    expect(report.stdout?.trim().split('\n').at(-1)).toBe(String(pids))
    if (isKernel) expect(report.usage).toMatchObject({ pidsPeak: pids, pidsRefused: 1 })
  })

  test('a fork bomb ends with its timeout, and harms nobody', async () => {
    const sandbox = await sharedSandbox({ pids: 50, cpu: 0.5, memory: '256M' })
    const bomb = sandbox.exec(['bash', '-c', 'b() { b | b & }; while :; do b; done'], { timeout: 1000, killAfter: 500, stderr: 'ignore' })
    const neighbour = await sandbox.exec(['echo', 'well'])
    expect(neighbour).toMatchObject({ exitCode: 0, stdout: 'well\n' })
    const report = await bomb
    expect(['timeout', 'limit', 'exit']).toContain(report.cause)
    if (isKernel) expect(report.usage?.pidsPeak).toBeLessThanOrEqual(50)
  })

  test('threads count', async () => {
    const sandbox = await sharedSandbox({ pids: 20 })
    const many =
      'const { Worker } = require("node:worker_threads"); for (let i = 0; i < 40; i++) new Worker("setTimeout(() => {}, 1e6)", { eval: true }).on("error", () => process.exit(3))'
    const report = await sandbox.exec([process.execPath, '-e', many], { timeout: 20_000 })
    expect(report.exitCode === 0).toBe(false)
  })
})

test.skipIf(canLimit)(canLimit ? 'pids can be limited here' : "with seal: 'prefer' it is not told of as held", async () => {
  const sandbox = await sharedSandbox({ pids: 20, cpu: 0.5, seal: 'prefer' })
  const report = await sandbox.exec(['true'])
  expect(Object.keys(report.limits)).toEqual(['cpu'])
  expect(report.notEnforced.map(({ protection }) => protection)).toEqual(['pids'])
})

test.skipIf(canLimit)(canLimit ? 'pids can be limited here' : 'root is told that nothing can hold it', async () => {
  const sandbox = await sharedSandbox({ pids: 20 })
  const report = await sandbox.exec(['true'])
  expect(report.cause).toBe('failure')
  expect(report.error?.message).toMatch(/root|several user ids/)
})
