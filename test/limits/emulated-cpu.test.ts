// Promise: without a cgroup too, a sandbox gets no more CPU time than its share, and an idle one is never stopped.

import { availableParallelism } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { plainRun } from '../../src/plan/request.ts'
import type { EmulatedUsage } from '../../src/wire/protocol.ts'
import { runLimited } from '../support/limited.ts'
import { cpuLoads } from '../support/loads.ts'
import { Bench } from '../support/sandbox.ts'

const periodMs = 50
/** Milliseconds of CPU time by which init may be late on a machine that has other work: what it owes is paid back later, if there is a later. */
const late = 150

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

/** On a machine that has other work it may not get its share, and then nobody stops it. */
function expectHeld({ cpuMicros, periods, throttledPeriods, throttledMicros }: EmulatedUsage, share: number, wallMs: number): void {
  const used = cpuMicros / 1000
  expect(used).toBeLessThanOrEqual(share * (wallMs + periodMs) + late)
  expect(throttledPeriods > 0 || used <= share * wallMs).toBe(true)
  expect(throttledMicros > 0).toBe(throttledPeriods > 0)
  expect(throttledPeriods).toBeLessThanOrEqual(periods)
}

describe.each(Object.entries(cpuLoads))('%s', (_, command) => {
  // Side by side: together they want less than one processor.
  test.concurrent.each([0.1, 0.25, 0.5])('a share of %d', async (share) => {
    const { emulated, wallMs } = await runLimited(bench, { cpu: { share, periodMs } }, command(1))
    expectHeld(emulated, share, wallMs)
  })
})

const enough = availableParallelism() >= 2
test.skipIf(!enough)(`more than one processor${enough ? '' : ': this machine has only one'}`, async () => {
  const { emulated, wallMs } = await runLimited(bench, { cpu: { share: 1.5, periodMs } }, cpuLoads['eight processes']?.(1) ?? [])
  expectHeld(emulated, 1.5, wallMs)
})

const counted: [string, string[]][] = [
  ['a loop of forks', cpuLoads['a loop of forks']?.(1) ?? []],
  // Init looks while they end, each time.
  [
    'children that worked',
    ['/bin/sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9 10; do sh -c "while [ \\$((i += 1)) -lt 60000 ]; do :; done"; done'],
  ],
]
test.each(counted)('what is counted is what the kernel counts: %s', async (_, argv) => {
  const { emulated, usage } = await runLimited(bench, { cpu: { share: 0.5, periodMs } }, argv)
  const kernel = (usage?.userMicros ?? 0) + (usage?.systemMicros ?? 0)
  // A process that waits for children tells of them in ticks of 10 ms.
  expect(Math.abs(emulated.cpuMicros - kernel)).toBeLessThanOrEqual(50_000)
})

test('an idle sandbox is never stopped', async () => {
  const { emulated } = await runLimited(bench, { cpu: { share: 0.5, periodMs } }, ['/bin/sleep', '1'])
  expect(emulated).toMatchObject({ throttledMicros: 0, throttledPeriods: 0 })
})

// Side by side: together they want one processor.
test.concurrent.each([
  ['a session of its own', 'setsid sh -c "while :; do :; done" & sleep 1'],
  ['a daemon', '(setsid sh -c "while :; do :; done" &) & sleep 1'],
  ['a stopped parent', '(while :; do :; done) & (sleep 1; kill -CONT $$) & kill -STOP $$'],
  ['one that sends SIGCONT to all', 'while :; do kill -CONT -1; done & sleep 1'],
  ['children that nobody waits for', 'trap "" CHLD; sh -c "while :; do :; done" & sleep 1'],
])('no way out: %s', async (_, script) => {
  const { emulated, wallMs } = await runLimited(bench, { cpu: { share: 0.2, periodMs } }, ['/bin/sh', '-c', script])
  expectHeld(emulated, 0.2, wallMs)
})

test('without a pid namespace', async () => {
  const change = { run: { ...plainRun, hostNamespaces: ['pid' as const] } }
  const { emulated, wallMs } = await runLimited(bench, { cpu: { share: 0.25, periodMs } }, cpuLoads['eight processes']?.(1) ?? [], {
    change,
  })
  expectHeld(emulated, 0.25, wallMs)
})

test('what cannot be meant is an error', async () => {
  const outcome = await bench.exec(['/bin/true'], { plan: { ...bench.plans.next().plan, emulated: { cpu: { share: 0, periodMs } } } })
  expect(outcome.error?.message).toBe('cpu is 0 of 50 ms: the share must be more than 0, and a period at least 1 ms')
})
