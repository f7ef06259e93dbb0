// Attempts under the knobs delay, loss and dns, as their file sees them.

import { afterAll, describe, expect, type TestContext, test } from 'vitest'
import type { AttemptResult } from '../../src/stress/attempt.ts'
import { AttemptPool } from '../../src/stress/attempt-pool.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'

/** Two seconds are long for a localhost as it is, and not for a handshake of two packets that take 1.2 each. */
const connects = testFile(`
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
test('connects within 2 s', async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect(server.address().port, '127.0.0.1')
  const late = new Promise((_, reject) => setTimeout(reject, 2000, new Error('late')))
  await Promise.race([once(socket, 'connect'), late])
})`)

const asks = testFile(`
import { lookup, resolve4 } from 'node:dns/promises'
test('asks', async () => {
  const asked = [lookup('other.example'), resolve4('other.example'), lookup('db.example')]
  const answers = asked.map((answer) => answer.then(({ address }) => address, ({ code }) => code))
  throw new Error(JSON.stringify(await Promise.all(answers)))
})`)

const files = { 'connects.test.ts': connects, 'asks.test.ts': asks }

function campaign(options: string, seal: 'require' | 'prefer' = 'require') {
  const [version] = vitestVersions
  const project = seedSuite(version as never, { ...files, 'vitest.config.ts': nsboxConfig({ options }) })
  const env = { PATH: process.env['PATH'] as string, HOME: project.home }
  const pool = new AttemptPool({ cwd: project.root, words: [], filters: [], testNamePattern: undefined, seal }, { jobs: 1, env })
  afterAll(() => pool.close())
  const attempt = (file: string, knobs: Knobs): Promise<AttemptResult> => pool.run({ file, project: '', knobs, timeoutMs: 60_000 })
  const messages = async (file: string, knobs: Knobs) =>
    (await attempt(file, knobs)).tests.flatMap(({ errors }) => errors.map(({ message }) => message))
  return { pool, attempt, messages }
}

async function needsTraffic(context: TestContext, pool: AttemptPool): Promise<void> {
  const missing = (await pool.find()).missing.find(({ knob }) => knob === 'delay')
  if (missing) context.skip(`missing here: ${missing.why}`)
}

describe('with a network of its own', () => {
  const { pool, attempt, messages } = campaign("hosts: { 'db.example': '10.1.2.3' }")

  test('packets are late, or lost, and the report has what did it', async (context) => {
    await needsTraffic(context, pool)
    expect(await attempt('connects.test.ts', {})).toMatchObject({ end: 'passed', held: {} })
    for (const knobs of [{ delay: 1200 }, { loss: 1 }]) {
      const { end, tests, held } = await attempt('connects.test.ts', { ...knobs, seed: 7 })
      expect([end, tests[0]?.errors[0]?.message]).toEqual(['failed', 'late'])
      expect(held).toEqual({ [Object.keys(knobs)[0] as string]: expect.stringMatching(/^(netem|nfnetlink_queue, emptied by the host)$/) })
    }
  })

  test('copies of a file at once have one slow network', async (context) => {
    await needsTraffic(context, pool)
    const { end, tests, held } = await attempt('connects.test.ts', { delay: 1200, twins: 2 })
    expect([end, tests[0]?.errors[0]?.message]).toEqual(['failed', 'late'])
    expect(held).toEqual({ delay: expect.any(String) })
  })

  test('dns=none leaves /etc/hosts', async () => {
    expect(await messages('asks.test.ts', {})).toEqual(['["ENOTFOUND","ENOTFOUND","10.1.2.3"]'])
    expect(await messages('asks.test.ts', { dns: 'none' })).toEqual(['["EAI_AGAIN","ECONNREFUSED","10.1.2.3"]'])
  })
})

describe("with the host's network", () => {
  const { attempt, messages } = campaign("net: 'host', hosts: { 'db.example': '10.1.2.3' }")

  test('dns=none leaves /etc/hosts', async () => {
    expect(await messages('asks.test.ts', { dns: 'none' })).toEqual(['["EAI_AGAIN","ECONNREFUSED","10.1.2.3"]'])
  })

  test("its localhost is not the sandbox's to slow down", async () => {
    const why = "with net: 'host' localhost is the host's own; the knob net=none gives it one that can be slow"
    await expect(attempt('connects.test.ts', { delay: 1 })).rejects.toThrow(`The knob delay cannot be turned here: ${why}`)
  })
})

describe('with --prefer', () => {
  const { attempt } = campaign("net: 'host'", 'prefer')

  test('what cannot be turned is left out and told', async () => {
    const { end, notTurned, held } = await attempt('connects.test.ts', { delay: 5000, loss: 0.5 })
    expect([end, held]).toEqual(['passed', {}])
    expect(notTurned.map(({ knob }) => knob)).toEqual(['delay', 'loss'])
  })
})
