// @module-tag root
// Promise: a cap on CPU time holds for one process and for many, by cgroup where there is one, else by the sandbox's init.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { LimitedUsage, Running } from '../../src/index.ts'
import { begun, byCgroup, controllers, processors, sharedSandbox } from '../support/limits.ts'
import { cpuLoads } from '../support/loads.ts'

const mechanism = controllers.includes('cpu') ? 'cgroup cpu.max' : 'emulated by SIGSTOP/SIGCONT'
/** Together they are less than one processor, so they are measured side by side. */
const shares = [0.1, 0.25, 0.5]
/** More than one processor. */
const large = 1.5
const tooLarge = processors < large

interface Reading {
  usage: LimitedUsage
  at: number
}

/** Counters of a window, with its length. */
interface Window {
  cpuMs: number
  throttledMs: number
  periods: number
  throttledPeriods: number
  wallMs: number
}

const patience = { timeout: 25_000, interval: 30 }

async function read(running: Running): Promise<Reading> {
  return { usage: await running.usage(), at: performance.now() }
}

function windowBetween(from: Reading, to: Reading): Window {
  const since = (name: Exclude<keyof Window, 'wallMs'>) => (to.usage[name] ?? 0) - (from.usage[name] ?? 0)
  return {
    cpuMs: since('cpuMs'),
    throttledMs: since('throttledMs'),
    periods: since('periods'),
    throttledPeriods: since('throttledPeriods'),
    wallMs: to.at - from.at,
  }
}

/** The counters once the program has used so much CPU time. */
function used(running: Running, cpuMs: number): Promise<Reading> {
  return vi.waitFor(async () => {
    const reading = await read(running)
    expect(reading.usage.cpuMs).toBeGreaterThan(cpuMs)
    return reading
  }, patience)
}

/**
 * Checks a window of ten periods, or a longer one: time that was used too early is paid back in the periods that follow,
 * and the periods at both ends of the window are not whole.
 */
async function checkWindow(running: Running, check: (window: Window) => void): Promise<void> {
  const from = await used(running, 50)
  await vi.waitFor(async () => {
    const window = windowBetween(from, await read(running))
    expect(window.periods).toBeGreaterThanOrEqual(10)
    check(window)
  }, patience)
}

describe.each(Object.entries(cpuLoads))(`%s, ${mechanism}`, (load, command) => {
  /** Processors that it can keep busy. */
  const most = load === 'one process' || load === 'a loop of forks' ? 1 : processors

  async function holds(share: number): Promise<void> {
    const sandbox = await sharedSandbox({ cpu: share })
    const running = sandbox.exec(command(60), { stdout: 'ignore', stderr: 'ignore' })
    try {
      await checkWindow(running, ({ cpuMs, wallMs, periods, throttledPeriods, throttledMs }) => {
        expect(cpuMs / wallMs).toBeLessThan(share * 1.1)
        // In each period that it was held back in, it had its share; how many those are depends on who else wants the machine.
        if (byCgroup && share <= most) expect(cpuMs / wallMs).toBeGreaterThan((share * 0.9 * throttledPeriods) / periods)
        if (share > most) expect(throttledMs).toBeLessThan(wallMs / 10)
      })
    } finally {
      running.kill('SIGKILL')
    }
    expect((await running).limits).toEqual({ cpu: mechanism })
  }

  test.concurrent.each(shares)('%d of a processor', holds)

  test.skipIf(tooLarge)(`${large} of a processor${tooLarge ? `: needs 2 processors, here are ${processors}` : ''}`, () => holds(large))
})

test('an idle program is never held back', async () => {
  const sandbox = await sharedSandbox({ cpu: 0.5 })
  const running = sandbox.exec(['/bin/sh', '-c', 'echo ready; exec sleep 60'])
  await begun(running)
  const window = async (wallMs: number) => {
    const from = await read(running)
    await sleep(wallMs)
    return windowBetween(from, await read(running))
  }
  // The kernel counts the sealing too, which may take more than a period's share.
  await vi.waitFor(async () => expect((await window(100)).cpuMs).toBeLessThan(1), patience)
  expect(await window(500)).toMatchObject({ throttledMs: 0, throttledPeriods: 0 })
  if (!byCgroup) expect(await running.usage()).toMatchObject({ throttledMs: 0, throttledPeriods: 0 })
  running.kill('SIGKILL')
  await running
})

test('the period is the one that was asked for', async () => {
  const sandbox = await sharedSandbox({ cpu: '0.5/20ms' })
  const running = sandbox.exec((cpuLoads['one process'] as (seconds: number) => string[])(60))
  await checkWindow(running, ({ cpuMs, periods }) => {
    // A period gives 10 ms of CPU time; one of 100 ms would give 50.
    expect(periods).toBeGreaterThan(30)
    expect(cpuMs / periods).toBeLessThan(20)
  })
  running.kill('SIGKILL')
  await running
})

test('a cap that is lifted holds nobody back any more', async () => {
  const sandbox = await sharedSandbox({ cpu: 0.1 })
  const running = sandbox.exec((cpuLoads['one process'] as (seconds: number) => string[])(60))
  await used(running, 200)
  await running.setLimits({ cpu: null })
  // The kernel counts the time that a program was held back when it lets it go on.
  await sleep(300)
  const from = await read(running)
  await sleep(1000)
  // Under the cap, it would be held back for 900 of these 1000 ms.
  expect(windowBetween(from, await read(running)).throttledMs).toBeLessThan(100)
  running.kill('SIGKILL')
  expect((await running).limits).toEqual({})
})
