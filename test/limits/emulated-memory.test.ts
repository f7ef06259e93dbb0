// @module-tag root
// Promise: without a cgroup too, a sandbox that takes more memory than its cap ends, and the report says why.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { plainRun } from '../../src/plan/request.ts'
import { runLimited } from '../support/limited.ts'
import { memoryLoads } from '../support/loads.ts'
import { Bench } from '../support/sandbox.ts'

const MiB = 1 << 20
/** What a program may take beyond the cap before it is seen: on a machine that has other work, init may be late. */
const factor = 8

const perl = (source: string) => ['/usr/bin/env', 'perl', '-MIO::Handle', '-e', source]

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

test('pages that forks share count once', async () => {
  const source = 'my $x = "x" x (100 << 20); for (1..8) { fork or do { sleep 1; exit } } 1 while wait > 0; exit 0'
  const { hit, exitCode } = await runLimited(bench, { memory: 400 * MiB }, perl(source))
  expect({ hit, exitCode }).toEqual({ hit: undefined, exitCode: 0 })
})

test.runIf(process.arch === 'x64')('a file in memory counts once, whoever maps it', async () => {
  const source = `
    open my $file, "+>", "/tmp/file"; print $file "x" x (1 << 20) for 1..100; $file->flush;
    # mmap(MAP_SHARED | MAP_POPULATE)
    for (1..4) { fork or do { syscall(9, 0, 100 << 20, 1, 0x8001, fileno $file, 0) > 0 or exit 1; sleep 1; exit 0 } }
    while (wait > 0) { $? and exit 1 } exit 0;
  `
  const { hit, exitCode } = await runLimited(bench, { memory: 150 * MiB }, perl(source))
  expect({ hit, exitCode }).toEqual({ hit: undefined, exitCode: 0 })
})

/** memfd_create(2), by its number. */
const memfd = 'my $fd = syscall(319, my $name = "held\\0", 0); open(my $file, ">&=", $fd) or exit 9;'

test.runIf(process.arch === 'x64')('a memfd counts once, whoever maps it', async () => {
  const source = `${memfd} syswrite($file, "x" x (1 << 20)) for 1..100;
    for (1..4) { fork or do { syscall(9, 0, 100 << 20, 1, 0x8001, $fd, 0) > 0 or exit 1; sleep 1; exit 0 } }
    while (wait > 0) { $? and exit 1 } exit 0;
  `
  const { hit, exitCode, emulated } = await runLimited(bench, { memory: 150 * MiB }, perl(source))
  expect({ hit, exitCode }).toEqual({ hit: undefined, exitCode: 0 })
  expect(emulated.memoryPeak).toBeGreaterThan(100 * MiB)
})

test.runIf(process.arch === 'x64')('memfds and segments that are gone do not count', async () => {
  const source = `for (1..20) { ${memfd} syswrite($file, "x" x (1 << 20)) for 1..60; close $file;
    my $id = shmget(0, 20 << 20, 01600); shmwrite($id, "x" x (1 << 20), $_ << 20, 1 << 20) for 0..19; shmctl($id, 0, 0) } exit 0`
  const { hit, exitCode } = await runLimited(bench, { memory: 150 * MiB }, perl(source))
  expect({ hit, exitCode }).toEqual({ hit: undefined, exitCode: 0 })
})

/** prctl(PR_SET_DUMPABLE, 0): nobody else may look at its mappings. */
const hidden = 'syscall 157, 4, 0, 0, 0, 0; my @kept; push @kept, "x" x (1 << 20) for 1..3000'

test.runIf(process.arch === 'x64')('one that hides its mappings', async () => {
  const { hit } = await runLimited(bench, { memory: 200 * MiB }, perl(hidden))
  expect(hit).toMatchObject({ limit: 'memory' })
})

test.runIf(process.arch === 'x64')('memory that is shared and is no file', async () => {
  // mmap(MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE)
  const source = 'syscall(9, 0, 3000 << 20, 3, 0x8021, -1, 0); sleep 100'
  const { hit } = await runLimited(bench, { memory: 200 * MiB }, perl(source))
  expect(hit).toMatchObject({ limit: 'memory' })
})

test('the directory above a file system in memory is renamed', async () => {
  const tmpfs = { kind: 'tmpfs' as const, target: '/tmp/above/memory' }
  const change = { run: { ...plainRun, mounts: [tmpfs] } }
  const script = 'mv /tmp/above /tmp/elsewhere && head -c 3000M /dev/zero > /tmp/elsewhere/memory/file; echo not ended'
  const { hit, stdout, stderr } = await runLimited(bench, { memory: 100 * MiB }, ['/bin/sh', '-c', script], { change })
  expect({ limit: hit?.limit, stdout, stderr }).toEqual({ limit: 'memory', stdout: '', stderr: '' })
})

test('without a pid namespace', async () => {
  const change = { run: { ...plainRun, hostNamespaces: ['pid' as const] } }
  const { hit, signal } = await runLimited(bench, { memory: 200 * MiB }, memoryLoads['buffers']?.(1500) ?? [], { change })
  expect({ limit: hit?.limit, signal }).toEqual({ limit: 'memory', signal: 'SIGKILL' })
})
