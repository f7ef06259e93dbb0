// Promise: a cap on CPU time holds for one process and for many, by cgroup where there is one, else by the sandbox's init.

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { byCgroup, controllers, limitedSandbox, processors } from '../support/limits.ts'
import { cpuLoads } from '../support/loads.ts'

const mechanism = controllers.includes('cpu') ? 'cgroup cpu.max' : 'emulated by SIGSTOP/SIGCONT'
const windowMs = 3000
const shares = [0.1, 0.25, 0.5, 1.5]
const cases = shares.flatMap((share) => Object.keys(cpuLoads).map((load) => ({ share, load })))

describe.each(cases)(`$share of a processor for $load, ${mechanism}`, ({ share, load }) => {
  const needed = Math.ceil(share)
  const alone = load === 'one process' || load === 'a loop of forks'
  // One process alone never takes more than one processor.
  const most = alone ? Math.min(share, 1) : share

  test.skipIf(processors < needed)(needed > processors ? `needs ${needed} processors, here are ${processors}` : 'holds', async () => {
    const sandbox = await limitedSandbox({ cpu: share })
    const running = sandbox.exec((cpuLoads[load] as (seconds: number) => string[])(60), { stdout: 'ignore', stderr: 'ignore' })
    await begun(running)
    const [before, from] = [await running.usage(), performance.now()]
    await sleep(windowMs)
    const [after, to] = [await running.usage(), performance.now()]
    running.kill('SIGKILL')
    const ratio = (after.cpuMs - before.cpuMs) / (to - from)
    expect((await running).limits).toEqual({ cpu: mechanism })
    expect(ratio).toBeLessThan(share * 1.1)
    // In each period that it was held back in, it had its share; how many those are depends on who else wants the machine.
    const heldBack = ((after.throttledPeriods ?? 0) - (before.throttledPeriods ?? 0)) / ((after.periods ?? 0) - (before.periods ?? 0) || 1)
    if (byCgroup && most === share) expect(ratio).toBeGreaterThan(share * 0.9 * heldBack)
    if (most < share) expect((after.throttledMs ?? 0) - (before.throttledMs ?? 0)).toBeLessThan(windowMs / 10)
  })
})

async function begun(running: { usage(): Promise<{ cpuMs: number }> }): Promise<void> {
  for (;;) {
    const { cpuMs } = await running.usage().catch(() => ({ cpuMs: 0 }))
    if (cpuMs > 200) return
    await sleep(50)
  }
}

test('an idle program is never held back', async () => {
  const sandbox = await limitedSandbox({ cpu: 0.5 })
  const running = sandbox.exec(['sleep', '2'])
  const { usage, cause } = await running
  expect(cause).toBe('exit')
  expect(usage?.cpuMs).toBeLessThan(1000)
})

test('the period is the one that was asked for', async () => {
  const sandbox = await limitedSandbox({ cpu: '0.5/20ms' })
  const { usage } = await sandbox.exec((cpuLoads['one process'] as (seconds: number) => string[])(2))
  // Of 100 ms there would be 20 in this time.
  expect(usage?.periods).toBeGreaterThan(30)
})

test('a cap that is lifted holds nobody back any more', async () => {
  const sandbox = await limitedSandbox({ cpu: 0.1 })
  const running = sandbox.exec((cpuLoads['one process'] as (seconds: number) => string[])(60))
  await begun(running)
  await running.setLimits({ cpu: null })
  await sleep(300)
  const before = await running.usage()
  await sleep(1000)
  const after = await running.usage()
  running.kill('SIGKILL')
  expect((after.throttledMs ?? 0) - (before.throttledMs ?? 0)).toBeLessThan(100)
  expect((await running).limits).toEqual({})
})
