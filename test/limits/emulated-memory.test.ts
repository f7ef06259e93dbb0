// Promise: without a cgroup too, a sandbox that takes more memory than its cap ends, and the report says why.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLimited } from '../support/limited.ts'
import { memoryLoads } from '../support/loads.ts'
import { Bench } from '../support/sandbox.ts'

const MiB = 1 << 20
/** What a program may take beyond the cap before it is seen: on a machine that has other work, init may be late. */
const factor = 8

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

test.each(Object.keys(memoryLoads))('too much in %s', async (load) => {
  const cap = 200 * MiB
  const { hit, emulated, signal } = await runLimited(bench, { memory: cap }, memoryLoads[load]?.(3000) ?? [])
  expect({ hit, signal }).toEqual({ hit: { limit: 'memory', cap, seen: expect.any(Number) }, signal: 'SIGKILL' })
  expect(hit?.seen).toBeGreaterThan(cap)
  expect(hit?.seen).toBeLessThanOrEqual(factor * cap)
  expect(emulated.memoryPeak).toBe(hit?.seen)
})

test.each(Object.keys(memoryLoads))('enough for %s', async (load) => {
  const { hit, exitCode } = await runLimited(bench, { memory: 800 * MiB }, memoryLoads[load]?.(60) ?? [])
  expect({ hit, exitCode }).toEqual({ hit: undefined, exitCode: 0 })
})

/** 100 MiB that each of eight processes sees, in these ways. */
const shared: [string, string][] = [
  ['pages that forks share', 'my $x = "x" x (100 << 20); for (1..8) { fork or do { sleep 1; exit } } 1 while wait > 0'],
  [
    'a mapped file in memory',
    'use POSIX; open F, ">", "/tmp/f"; print F "x" x (1 << 20) for 1..100; close F; exec "cat", "/tmp/f" unless fork; 1 while wait > 0',
  ],
]

test.each(shared)('what is shared counts once: %s', async (_, source) => {
  const { hit, exitCode } = await runLimited(bench, { memory: 400 * MiB }, ['/usr/bin/env', 'perl', '-e', source])
  expect({ hit, exitCode: exitCode === null ? null : 'some' }).toEqual({ hit: undefined, exitCode: 'some' })
})

/** Takes 1500 MiB; is alone in being able to look at its own memory. */
const hidden = `
  require 'syscall.ph' if 0;
  syscall(157, 4, 0, 0, 0, 0);
  my @kept; push @kept, "x" x (1 << 20) for 1..1500;
`

test.skipIf(process.arch !== 'x64')('one that hides its memory', async () => {
  const { hit } = await runLimited(bench, { memory: 200 * MiB }, ['/usr/bin/env', 'perl', '-e', hidden])
  expect(hit).toMatchObject({ limit: 'memory' })
})

test('a directory above is renamed', async () => {
  const { hit } = await runLimited(bench, { memory: 100 * MiB }, ['/bin/sh', '-c', 'head -c 500M /dev/zero > /dev/shm/file'])
  expect(hit).toMatchObject({ limit: 'memory' })
})

test('without a pid namespace', async () => {
  const change = { run: { ...(await import('../../src/plan/request.ts')).plainRun, hostNamespaces: ['pid' as const] } }
  const { hit, signal } = await runLimited(bench, { memory: 200 * MiB }, memoryLoads['buffers']?.(1500) ?? [], { change })
  expect({ limit: hit?.limit, signal }).toEqual({ limit: 'memory', signal: 'SIGKILL' })
})
