// @module-tag root
// Promise: what needs more memory than its cap is killed, whatever kind of memory it is, and told so.

import { describe, expect, type TestContext, test } from 'vitest'
import { sizeWords } from '../../src/launch/describe-cap.ts'
import { needs } from '../support/doctor.ts'
import { guest } from '../support/guest.ts'
import { controllers, sharedSandbox } from '../support/limits.ts'
import { memoryLoads } from '../support/loads.ts'

const isKernel = controllers.includes('memory')
const mechanism = isKernel ? 'cgroup memory.max' : 'emulated by polling PSS, and SIGKILL'
const mib = 1024 ** 2

async function killed(context: TestContext, load: string, cap: number) {
  const sandbox = await sharedSandbox({ memory: cap * mib, upper: load === 'files in an overlay' ? 'tmpfs' : 'auto' })
  const report = await sandbox.exec((memoryLoads[load] as (size: number) => string[])(cap * 2 + 64))
  needs(context, 'a tmpfs that can hold overlays (Linux 6.6)', report.error?.code !== 'ERR_NSBOX_UPPER_XATTR')
  expect(report).toMatchObject({
    cause: 'limit',
    signal: 'SIGKILL',
    limits: { memory: mechanism },
    capHit: { limit: 'memory', cap: cap * mib },
  })
  const peak = report.capHit?.peak ?? 0
  expect(peak).toBeGreaterThan(cap * mib * 0.9)
  // The kernel never gives more; who only looks sees it late.
  expect(peak).toBeLessThanOrEqual(isKernel ? cap * mib * 1.1 : cap * mib * 4 + 512 * mib)
}

// To the kernel a cap is a number, whatever its size; in uml a GiB is written in a minute.
const caps = guest?.startsWith('uml') ? [32, 128] : [32, 128, 512, 1024]

test.for(caps)(`a program in ${mechanism} of %i MiB`, (cap, context) => killed(context, 'buffers', cap))

test.for(Object.keys(memoryLoads))(`too much of %s, ${mechanism}`, (load, context) => killed(context, load, 64))

test('a program that needs less ends well, and its peak is told', async () => {
  const sandbox = await sharedSandbox({ memory: '512M' })
  const report = await sandbox.exec((memoryLoads['buffers'] as (size: number) => string[])(64))
  expect(report).toMatchObject({ cause: 'exit', exitCode: 0, capHit: null })
  expect(report.usage?.memoryPeakBytes).toBeGreaterThan(isKernel ? 60 * mib : 0)
  expect(report.usage?.memoryPeakBytes).toBeLessThan(512 * mib)
})

test('pages of files that can be read again are no reason to kill', async () => {
  const sandbox = await sharedSandbox({ memory: '64M', upper: 'disk' })
  const report = await sandbox.exec(['/bin/sh', '-c', 'head -c 150M /dev/zero > file && cat file > /dev/null && rm file'])
  expect(report).toMatchObject({ cause: 'exit', exitCode: 0 })
})

test('a hundred thousand files stay inside', async () => {
  const sandbox = await sharedSandbox({ memory: '64M' })
  const report = await sandbox.exec(['/bin/sh', '-c', 'mkdir /tmp/d && cd /tmp/d && seq 100000 | xargs touch'])
  // Each takes about a KiB of the kernel's memory, which counts: it may just do, or not.
  expect(['exit', 'limit']).toContain(report.cause)
  expect(report.usage?.memoryPeakBytes ?? 0).toBeLessThan(200 * mib)
})

test('a cap that is lowered below what is in use ends the program', async () => {
  const sandbox = await sharedSandbox({ memory: '512M' })
  const running = sandbox.exec([
    process.execPath,
    '-e',
    'const a = Buffer.alloc(100 << 20, 1); console.log("ready"); setInterval(() => a[0], 1000)',
  ])
  await new Promise((resolve) => running.stdout?.once('data', resolve))
  await running.setLimits({ memory: '64M' })
  expect(await running).toMatchObject({ cause: 'limit', capHit: { cap: 64 * mib } })
})

describe('in words', () => {
  test.each([
    [128 * mib, '128 MiB'],
    [1.5 * 1024 * mib, '1.5 GiB'],
    [512, '512 B'],
  ])('%i', (bytes, words) => expect(sizeWords(bytes)).toBe(words))
})
