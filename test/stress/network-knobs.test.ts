// Attempts under the knobs delay, loss and dns, as their file sees them.
// @module-tag root

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AttemptResult } from '../../src/stress/attempt.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { expectToMeet } from '../support/attempt-failures.ts'
import { attemptPool } from '../support/attempt-pool.ts'
import { fixture, oneVitest, seedSuite } from '../support/vitest-project.ts'

const [version] = oneVitest

/** Three vitest projects: `own` and `host`, by whose network is theirs, and `cold`, which has its own and launches each worker cold. */
const config = `import { nsbox } from 'nsbox/vitest'

const project = (name, options) => ({
  extends: false,
  plugins: [nsbox({ ...options, hosts: { 'db.example': '10.1.2.3' } })],
  test: { name, pool: 'nsbox' },
})

export default { test: { projects: [
  project('own', { net: 'none' }),
  project('host', { net: 'host' }),
  project('cold', { net: 'none', launch: 'cold' }),
] } }
`

const project = seedSuite(version as never, { ...fixture('network-knobs'), 'vitest.config.ts': config })
const env = { PATH: process.env['PATH'] as string, HOME: project.home }
const setting = { cwd: project.root, words: [], filters: [], testNamePattern: undefined, seal: 'prefer' as const }
const pool = attemptPool(setting, { jobs: 1, env })
afterAll(() => pool.close())

const attempt = (name: string, file: string, knobs: Knobs) => pool.run({ file, project: name, knobs, timeoutMs: 60_000 })
const messages = async (...order: Parameters<typeof attempt>) =>
  (await attempt(...order)).tests.flatMap(({ errors }) => errors.map(({ message }) => message))

async function whyNoTraffic(): Promise<string | undefined> {
  return (await pool.find()).missing.find(({ knob }) => knob === 'delay')?.why
}

describe('with a network of its own', () => {
  test('packets are late, or lost, and the report has what did it', async (context) => {
    const missing = await whyNoTraffic()
    if (missing) context.skip(`missing here: ${missing}`)
    expect(await attempt('own', 'connects.test.ts', {})).toMatchObject({ end: 'passed', held: {} })
    for (const knobs of [{ delay: 3000 }, { loss: 1 }]) {
      const { end, tests, held, notTurned } = await attempt('own', 'connects.test.ts', { ...knobs, seed: 7 })
      expect([end, tests[0]?.errors[0]?.message]).toEqual(['failed', 'late'])
      expect(held).toEqual({ [Object.keys(knobs)[0] as string]: expect.stringMatching(/^(netem|nfnetlink_queue, emptied by the host)$/) })
      expect(notTurned).toEqual([])
    }
  })

  describe('copies of a file at once', () => {
    let result: AttemptResult
    beforeAll(async () => {
      result = await attempt('cold', 'twins.test.ts', { delay: 3000, twins: 2, seed: 7 })
    })

    test('meet', () => expectToMeet(result))

    test('have one slow network', async (context) => {
      const missing = await whyNoTraffic()
      if (missing) context.skip(`missing here: ${missing}`)
      expect(result.output).toMatch(/^late$/m)
      expect(result.held).toEqual({ delay: expect.any(String) })
      expect(result.notTurned).toEqual([])
    })
  })

  test('dns=none leaves /etc/hosts', async () => {
    expect(await messages('own', 'asks.test.ts', {})).toEqual(['["ENOTFOUND","ENOTFOUND","10.1.2.3"]'])
    expect(await messages('own', 'asks.test.ts', { dns: 'none' })).toEqual(['["EAI_AGAIN","ECONNREFUSED","10.1.2.3"]'])
  })
})

describe("with the host's network", () => {
  test('dns=none leaves /etc/hosts', async () => {
    expect(await messages('host', 'asks.test.ts', { dns: 'none' })).toEqual(['["EAI_AGAIN","ECONNREFUSED","10.1.2.3"]'])
  })

  test("its localhost is not the sandbox's to slow down: that is left out, with --prefer, and told", async () => {
    const why = "with net: 'host' localhost is the host's own; the knob net=none gives it one that can be slow"
    const { end, notTurned, held } = await attempt('host', 'connects.test.ts', { delay: 5000, loss: 0.5 })
    expect([end, held]).toEqual(['passed', {}])
    expect(notTurned).toEqual(['delay', 'loss'].map((knob) => ({ knob, why })))
  })
})
