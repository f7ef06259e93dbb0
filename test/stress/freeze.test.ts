// The knob freeze: a sandbox without any limit is stopped, and always goes on; a file notices.
// @module-tag root

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PulseDriver } from '../../plugin/pulse-driver.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { type Pulse, pulses } from '../../src/stress/pulses.ts'
import { attemptPool } from '../support/attempt-pool.ts'
import { leaving, startControlled } from '../support/limited.ts'
import { until } from '../support/processes.ts'
import { Bench, firstOutput } from '../support/sandbox.ts'
import { fixture, oneVitest, seedSuite } from '../support/vitest-project.ts'

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
      if ((await used()) > before + leaving) return true
    }
    return false
  }
  return { sandbox, works }
}

test('a stop lasts until it is over, or all is', async () => {
  const { sandbox, works } = await working()
  const driver = new PulseDriver(sandbox.control, forEver)
  driver.begin()
  await until(() => driver.count > 0)
  expect(await works()).toBe(false)
  await driver.end()
  expect(await works()).toBe(true)
  sandbox.kill()
})

test('it goes on between stops, and what has not begun does not', async () => {
  const { sandbox, works } = await working()
  const many = new PulseDriver(sandbox.control, Array<Pulse>(1e4).fill({ runMs: 2, stopMs: 1 }))
  many.begin()
  await until(() => many.count >= 20)
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
  await until(() => driver.count > 0)
  sandbox.kill()
  await sandbox.ended
  await driver.end()
})

/** A seed of two long stops, each a while after what comes before: one that is over before the test begins leaves the other. */
const longest = 1500
const seed = seedOf((pulse) => pulse.runMs > 150 && pulse.runMs < 500 && pulse.stopMs > 1250)

function seedOf(fits: (pulse: Pulse) => boolean): number {
  for (let one = 0; ; one++) {
    const schedule = pulses(longest, one)
    if (fits(schedule.next().value) && fits(schedule.next().value)) return one
  }
}

const launches = ['warm', 'cold'] as const

describe.each(oneVitest)('a file', (version) => {
  const project = seedSuite(version, { ...fixture('freeze'), 'vitest.config.ts': 'export default {}' })

  /** What fails without the knob, and with it. */
  const failuresOf = async (launch: string) => {
    const setting = { cwd: project.root, words: [`--nsbox.launch=${launch}`], filters: [], testNamePattern: undefined }
    const env = { PATH: process.env['PATH'] as string, HOME: project.home }
    const pool = attemptPool({ ...setting, seal: 'require' }, { jobs: 1, env })
    const failures = async (knobs: Knobs) => {
      const { tests, errors } = await pool.run({ file: 'freeze.test.ts', project: '', knobs, timeoutMs: 60_000 })
      expect(errors).toEqual([])
      return tests.filter(({ state }) => state === 'failed').map(({ name, errors: [first] }) => [name, first?.message])
    }
    try {
      return [await failures({}), await failures({ freeze: longest, seed })]
    } finally {
      await pool.close()
    }
  }

  test('notices that it is stopped, warm and cold', async () => {
    const stopped = [[], [['is never late', expect.stringContaining('less than')]]]
    // Side by side: they wait for most of their time.
    expect(await Promise.all(launches.map(failuresOf))).toEqual(launches.map(() => stopped))
  })
})
