// @module-tag root
// Promise: programs can see limits that init holds, where they look for those of a cgroup, and that they may use fewer processors.

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { run } from '../../src/run/run.ts'
import { runLimited, startControlled } from '../support/limited.ts'
import { Bench, firstOutput } from '../support/sandbox.ts'

const MiB = 1 << 20
const files = { limitFiles: true }
const processors = availableParallelism()
const hasTwo = processors >= 2
const patience = { timeout: 20_000, interval: 50 }
const without = hasTwo ? '' : ': this machine has only one processor'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

const node = (source: string) => [process.execPath, '--print', source]

test.each([
  [0.5, 1],
  [1.5, Math.min(2, processors)],
  [1000, processors],
])('a share of %d is for %d processors', async (share, seen) => {
  const { stdout } = await runLimited(bench, { cpu: { share, periodMs: 100, first: 0 } }, ['/bin/sh', '-c', 'nproc'], { change: files })
  expect(stdout).toBe(`${seen}\n`)
})

test('all processors are seen where that is asked for', async () => {
  const { stdout } = await runLimited(bench, { cpu: { share: 0.5, periodMs: 100, spread: true } }, ['/bin/sh', '-c', 'nproc'], {
    change: files,
  })
  expect(stdout).toBe(`${processors}\n`)
})

test('node knows its memory, and makes its heap fit', async () => {
  const source = "JSON.stringify([process.constrainedMemory(), require('v8').getHeapStatistics().heap_size_limit])"
  const { stdout } = await runLimited(bench, { memory: 300 * MiB }, node(source), { change: files })
  const [constrained, heap] = JSON.parse(stdout)
  expect(constrained).toBe(300 * MiB)
  expect(heap).toBeLessThan(300 * MiB)
})

test('what is shown cannot be changed, and init has processors of its own', async () => {
  const script = `cat /sys/fs/cgroup/memory.max; echo max > /sys/fs/cgroup/memory.max || echo refused
    rm /sys/fs/cgroup/memory.max || echo refused; mount -o remount,rw /sys/fs/cgroup || echo refused
    grep -c "^Cpus_allowed_list:.*-" /proc/1/status`
  const limits = { memory: 300 * MiB, cpu: { share: 1, periodMs: 100, first: 0 } }
  const { stdout } = await runLimited(bench, limits, ['/bin/sh', '-c', script], { change: files })
  expect(stdout.split('\n').slice(0, 4)).toEqual([String(300 * MiB), 'refused', 'refused', 'refused'])
  if (hasTwo) expect(stdout.split('\n')[4]).toBe('1')
})

test('it follows changes', async () => {
  const show = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max 2>&1 | tr "\\n" " "; nproc'
  const sandbox = startControlled(bench, ['/bin/sh', '-c', `while :; do ${show}; sleep 0.05; done`], bench.plans.next(files).plan)
  let last = ''
  sandbox.stdout.on('data', (chunk: Buffer) => {
    last = chunk.toString().trimEnd().split('\n').at(-1) ?? ''
  })
  await sandbox.forked
  await sandbox.control.setLimits({ memory: 100 * MiB, cpu: { share: 0.5, periodMs: 100, first: 1 } })
  await vi.waitFor(() => expect(last).toBe(`${100 * MiB} 50000 100000 1`), patience)
  await sandbox.control.setLimits({ memory: 200 * MiB, cpu: null })
  const gone = new RegExp(`^${200 * MiB} cat: .*cpu\\.max.*No such file or directory ${processors}$`)
  await vi.waitFor(() => expect(last).toMatch(gone), patience)
  sandbox.kill()
})

test.skipIf(!hasTwo)(`who gets less than his share is moved to other processors${without}`, async () => {
  // Never its whole share, so that it is not stopped for it. By the CPU time that it had: on a busy machine little of its time is that.
  const used = 'const { user, system } = process.cpuUsage(); return user + system'
  const rest = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40)'
  const source = `const used = () => { ${used} }; for (;;) { const end = used() + 60_000; while (used() < end); ${rest} }`
  const sandbox = startControlled(bench, [process.execPath, '--eval', `console.log(process.pid); ${source}`])
  await firstOutput(sandbox)
  await sandbox.control.setLimits({ cpu: { share: 1, periodMs: 100, first: 0 } })
  const allowed = () => /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${payloadOf(sandbox.pid as number)}/status`, 'utf8'))?.[1]
  const before = allowed()
  expect(before).toMatch(/^\d+$/)
  await vi.waitFor(() => expect(allowed()).not.toBe(before), patience)
  expect(allowed()).toMatch(/^\d+$/)
  sandbox.kill()
})

function payloadOf(init: number): number {
  return Number(readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim().split(' ')[0])
}

test('where they cannot be shown, the report says so', async () => {
  const binds = ['/bin', '/lib', '/lib64', '/usr'].filter(existsSync).map((path) => ({ source: path, target: path, readOnly: true }))
  const limits = { limitsBy: 'emulation', memory: '300M', cpu: 0.5 } as const
  const { exitCode, unseen } = await run({ command: ['/bin/sh', '-c', 'exit 3'], rootfs: bench.home, binds, ...limits })
  expect({ exitCode, unseen }).toEqual({ exitCode: 3, unseen: ['memory'] })
})
