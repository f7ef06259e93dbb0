// The knob freeze, on a sandbox without any limit: it is stopped, and always goes on.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PulseDriver } from '../../plugin/pulse-driver.ts'
import type { Pulse } from '../../src/stress/pulses.ts'
import { startControlled } from '../support/limited.ts'
import { Bench, firstOutput } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

const forEver: Pulse[] = [{ runMs: 0, stopMs: 1e9 }]

async function working() {
  const sandbox = startControlled(bench, ['/bin/sh', '-c', 'echo up; while :; do :; done'])
  await firstOutput(sandbox)
  const used = async () => (await sandbox.control.usage()).cpuMicros
  /** Whether it gets on. */
  const works = async () => {
    const before = await used()
    for (let look = 0; look < 20; look++) {
      await sleep(20)
      if ((await used()) > before) return true
    }
    return false
  }
  return { sandbox, works }
}

test('a stop lasts until it is over, or all is', async () => {
  const { sandbox, works } = await working()
  const driver = new PulseDriver(sandbox.control, forEver)
  driver.begin()
  while (driver.count === 0) await sleep(5)
  expect(await works()).toBe(false)
  await driver.end()
  expect(await works()).toBe(true)
  sandbox.kill()
})

test('it goes on between stops, and what has not begun does not', async () => {
  const { sandbox, works } = await working()
  const many = new PulseDriver(sandbox.control, Array<Pulse>(1e4).fill({ runMs: 2, stopMs: 1 }))
  many.begin()
  while (many.count < 20) await sleep(5)
  expect(await works()).toBe(true)
  await many.end()
  const never = new PulseDriver(sandbox.control, forEver)
  await never.end()
  expect(await works()).toBe(true)
  sandbox.kill()
})

test('one that ends while it is stopped is no failure', async () => {
  const { sandbox } = await working()
  const driver = new PulseDriver(sandbox.control, forEver)
  driver.begin()
  while (driver.count === 0) await sleep(5)
  sandbox.kill()
  await sandbox.ended
  await driver.end()
})
