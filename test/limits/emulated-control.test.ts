// @module-tag root
// Promise: limits of a sandbox that runs can be changed, and it can be stopped as a whole; what is not in force is told.

import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { InitControl } from '../../src/launch/init-control.ts'
import type { Sandbox } from '../../src/launch/sandbox.ts'
import { descendants } from '../../src/sys/descendants.ts'
import { isRoot, leaving, startControlled } from '../support/limited.ts'
import { Bench, collect, firstOutput } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

type Controlled = Sandbox & { control: InitControl }

/** Two processes at work. */
async function working(): Promise<Controlled> {
  const sandbox = startControlled(bench, ['/bin/sh', '-c', '(while :; do :; done) & echo up; while :; do :; done'])
  await firstOutput(sandbox)
  return sandbox
}

function statusOf(sandbox: Controlled, field: string): string[] {
  const pids = descendants(sandbox.pid as number)
  return pids.map((pid) => new RegExp(`^${field}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '')
}

/** CPU time that is used from now on, in microseconds, after it has been waited for. */
async function usedIn(sandbox: Controlled, milliseconds: number): Promise<number> {
  const { cpuMicros } = await sandbox.control.usage()
  await setTimeout(milliseconds)
  return (await sandbox.control.usage()).cpuMicros - cpuMicros
}

const patience = { timeout: 20_000, interval: 10 }

/** Waits until it has used CPU time. */
async function goesOn(sandbox: Controlled): Promise<void> {
  const { cpuMicros } = await sandbox.control.usage()
  await vi.waitFor(async () => expect((await sandbox.control.usage()).cpuMicros).toBeGreaterThan(cpuMicros), patience)
}

test('frozen, nothing moves; thawed, all goes on', async () => {
  const sandbox = await working()
  await sandbox.control.freeze()
  expect(await usedIn(sandbox, 300)).toBeLessThan(leaving)
  expect(statusOf(sandbox, 'State')).toEqual(['T (stopped)', 'T (stopped)'])
  await sandbox.control.freeze()
  await sandbox.control.thaw()
  await goesOn(sandbox)
  sandbox.kill()
})

test('a cap on CPU time comes, changes and goes', async () => {
  const sandbox = await working()
  expect(await sandbox.control.setLimits({ cpu: { share: 0.1, periodMs: 20 } })).toEqual([])
  await vi.waitFor(async () => expect((await sandbox.control.usage()).throttledPeriods).toBeGreaterThanOrEqual(5), patience)
  await sandbox.control.setLimits({ cpu: { share: 0.2, periodMs: 20 } })
  await sandbox.control.setLimits({ cpu: null })
  const { throttledMicros, throttledPeriods } = await sandbox.control.usage()
  await setTimeout(200)
  expect(await sandbox.control.usage()).toMatchObject({ throttledMicros, throttledPeriods })
  await goesOn(sandbox)
  sandbox.kill()
})

test('frozen under a cap, it stays so', async () => {
  const sandbox = await working()
  await sandbox.control.setLimits({ cpu: { share: 0.5, periodMs: 10 } })
  await sandbox.control.freeze()
  expect(await usedIn(sandbox, 200)).toBeLessThan(leaving)
  await sandbox.control.thaw()
  await goesOn(sandbox)
  sandbox.kill()
})

test('a cap on memory below what is held ends it', async () => {
  const script = "const kept = Buffer.alloc(200 << 20, 1); console.log('up'); setInterval(() => kept.length, 1e6)"
  const sandbox = startControlled(bench, [process.execPath, '--eval', script])
  const outcome = collect(sandbox)
  await firstOutput(sandbox)
  await sandbox.control.setLimits({ memory: 1 << 30 })
  await sandbox.control.setLimits({ memory: 100 << 20 })
  expect(await outcome).toMatchObject({ signal: 'SIGKILL', hit: { limit: 'memory', cap: 100 << 20 } })
})

test('processors, for every thread', async () => {
  const script = `
    const { Worker } = require('node:worker_threads')
    new Worker('setInterval(() => 0, 1000); require("node:worker_threads").parentPort.postMessage(0)', { eval: true }).once('message', () => console.log('up'))
  `
  const sandbox = startControlled(bench, [process.execPath, '--eval', script])
  await firstOutput(sandbox)
  const before = statusOf(sandbox, 'Cpus_allowed_list')
  expect(await sandbox.control.setLimits({ cpus: [0] })).toEqual([])
  expect(statusOf(sandbox, 'Cpus_allowed_list')).toEqual(['0'])
  await sandbox.control.setLimits({ cpus: null })
  expect(statusOf(sandbox, 'Cpus_allowed_list')).toEqual(before)
  await expect(sandbox.control.setLimits({ cpus: [8000] })).rejects.toThrow(/sched_setaffinity|cpus-allowed/)
  sandbox.kill()
})

test('weight, as niceness, which can only be raised', async () => {
  const sandbox = await working()
  const nice = () => descendants(sandbox.pid as number).map((pid) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[18])
  expect(await sandbox.control.setLimits({ cpuWeight: 80 })).toEqual([])
  expect(nice()).toEqual(['1', '1'])
  await sandbox.control.setLimits({ cpuWeight: 1 })
  expect(nice()).toEqual(['19', '19'])
  await expect(sandbox.control.setLimits({ cpuWeight: 100 })).rejects.toThrow('The niceness cannot be set to 0: EACCES')
  await expect(sandbox.control.setLimits({ cpuWeight: 101 })).rejects.toThrow('101 is above 100')
  sandbox.kill()
})

test('processes', async () => {
  const sandbox = await working()
  if (isRoot) await expect(sandbox.control.setLimits({ pids: 20 })).rejects.toThrow('the kernel sets root no limit of processes')
  else {
    expect(await sandbox.control.setLimits({ pids: 20 })).toEqual([])
    const limits = descendants(sandbox.pid as number).map((pid) =>
      /^Max processes +(\d+) +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')),
    )
    expect(limits.map((found) => found?.slice(1))).toEqual([
      ['21', '21'],
      ['21', '21'],
    ])
    await expect(sandbox.control.setLimits({ pids: 21 })).rejects.toThrow('now it is 20, and a hard limit cannot be raised')
    await expect(sandbox.control.setLimits({ pids: null })).rejects.toThrow('now it is 20, and a hard limit cannot be raised')
  }
  await expect(sandbox.control.setLimits({ pids: 15 })).rejects.toThrow('pids is 15: it must be a whole number, and at least 16')
  sandbox.kill()
})

test('one that is not in force does not keep the others away', async () => {
  const sandbox = await working()
  await expect(sandbox.control.setLimits({ cpuWeight: 500, cpus: [0] })).rejects.toThrow('500 is above 100')
  expect(statusOf(sandbox, 'Cpus_allowed_list')).toEqual(['0', '0'])
  sandbox.kill()
  const preferred = startControlled(bench, ['/bin/sleep', '100'], { ...bench.plans.next().plan, seal: 'prefer' })
  expect(await preferred.control.setLimits({ cpuWeight: 500 })).toMatchObject([{ protection: 'cpuWeight' }])
  preferred.kill()
})

test('orders to a sandbox that has ended are refused', async () => {
  const sandbox = await working()
  const orders = [sandbox.control.usage(), sandbox.control.usage()]
  await Promise.all(orders)
  const late = Array.from({ length: 10 }, () => sandbox.control.usage())
  sandbox.kill()
  for (const answer of await Promise.allSettled(late))
    if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'ERR_NSBOX_ENDED' })
  await sandbox.ended
  await expect(sandbox.control.usage()).rejects.toMatchObject({ code: 'ERR_NSBOX_ENDED' })
  await expect(sandbox.control.freeze()).rejects.toThrow('The sandbox has ended, and takes no orders any more')
})

test('usage of a sandbox without limits, at its end too', async () => {
  const sandbox = startControlled(bench, ['sleep', '1000'])
  expect(await sandbox.control.usage()).toMatchObject({ periods: 0, throttledMicros: 0 })
  sandbox.kill()
  const plain = startControlled(bench, ['/bin/true'])
  const { emulated, usage, exitCode } = await collect(plain)
  expect(exitCode).toBe(0)
  expect(emulated?.cpuMicros).toBe((usage?.userMicros ?? 0) + (usage?.systemMicros ?? 0))
})
