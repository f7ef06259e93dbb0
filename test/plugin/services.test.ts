// Sealed tests use services of the host that `forward` names: a database, under load and over its restart.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { holdPort } from '../support/ports.ts'
import { missingPrograms, Postgres, Redis } from '../support/services.ts'
import { fixture, nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestRun } from '../support/vitest-run.ts'

const missing = missingPrograms(['initdb', 'postgres', 'psql', 'redis-server', 'redis-cli'])

const { 'load.test.ts': load = '', 'asked.test.ts': asked = '', 'reset.test.ts': reset = '', ...files } = fixture('services')

describe.skipIf(missing).each(vitestVersions)(missing ? `services: ${missing}` : 'services, $name', (version) => {
  let postgres: Postgres
  let redis: Redis
  let run: VitestRun
  const names = ['a', 'b', 'c']
  const project = seedSuite(version, { ...files, ...Object.fromEntries(names.map((name) => [`load/${name}.test.ts`, load])) })
  beforeAll(async () => {
    postgres = new Postgres(await holdPort())
    redis = new Redis(await holdPort())
    await Promise.all([postgres.start(), redis.start()])
    await redis.ask('set', 'counted', '0')
    const ports = { POSTGRES_PORT: `${postgres.port}`, OTHER_PORT: `${redis.port}`, REDIS_PORT: `${await holdPort()}` }
    const running = startVitest(project, ['run'], { env: ports, killAfter: 110_000 })
    await Promise.race([redis.ask('brpop', 'restart', '0'), running.done])
    await postgres.stop()
    await postgres.start()
    run = await running.done
  })
  afterAll(() => Promise.all([postgres?.remove(), redis?.remove()]))

  const testsOf = (file: string) => Object.entries(run.tests).filter(([name]) => name.startsWith(file))

  test('many queries from several files at once', async () => {
    expect(run.failures, run.output).toEqual({})
    expect(testsOf('load/')).toHaveLength(names.length * 3)
    expect(await redis.ask('get', 'counted')).toBe(String(names.length * 4 * 400))
  })

  test('a restart in the middle of the run', () => {
    expect(testsOf('restart')).toEqual([['restart.test.ts > goes on with new connections', 'passed']])
  })

  test('globalSetup starts the service', () => {
    expect(testsOf('started')).toEqual([['started.test.ts > answers', 'passed']])
    expect(run.exitCode).toBe(0)
  })
})

describe.each(vitestVersions)('$name', (version) => {
  const runs = testFile(`test('runs', () => {})`)
  const project = seedSuite(version, {
    'a.test.ts': asked,
    'b.test.ts': asked,
    'c.test.ts': runs,
    'd.test.ts': runs,
    'reset.test.ts': reset,
  })
  let [port, taken, closed]: number[] = []
  let answers: string[]
  let run: VitestRun
  beforeAll(async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    ;[port, closed] = [await holdPort(), await holdPort()]
    taken = (server.address() as AddressInfo).port
    const rules = [
      { files: 'a.test.ts', expose: [`${port}:3000`] },
      { files: 'b.test.ts', expose: ['0:3000'] },
      { files: 'c.test.ts', expose: [`${taken}:3000`] },
    ]
    const options = `forward: ['5432:${closed}'], rules: ${JSON.stringify(rules)}`
    project.write('vitest.config.ts', nsboxConfig({ test: `pool: 'nsbox', maxWorkers: 3, testTimeout: 60_000`, options }))
    const running = startVitest(project, ['run'], { killAfter: 110_000 })
    await running.said(/b\.test\.ts: port \d+ of localhost leads to 3000 inside/)
    const chosen = Number(/b\.test\.ts: port (\d+) of localhost/.exec(running.output())?.[1])
    answers = await Promise.all([ask(port), ask(chosen)])
    run = await running.done
    server.close()
  })

  test('a service that is not there is named', () => {
    expect(run.tests['reset.test.ts > is reset'], run.output).toBe('passed')
    expect(run.output).toContain(`nsbox: forward: port ${closed} of the host's localhost did not answer (ECONNREFUSED)`)
  })

  test('a port that is exposed for one file leads into it; one that is taken is an error of the file that asked', () => {
    expect(answers).toEqual(['from a', 'from b'])
    expect(run.output).toContain(`c.test.ts: expose is ${taken}:3000: port ${taken} of the host's localhost is taken`)
    expect(run.tests).toMatchObject({ 'a.test.ts > is asked': 'passed', 'b.test.ts > is asked': 'passed', 'd.test.ts > runs': 'passed' })
    expect(run.exitCode).toBe(1)
  })
})

/** Until the server inside listens, connections are reset. */
async function ask(port: number): Promise<string> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const answer = await text(connect(port, '127.0.0.1')).catch(() => '')
    if (answer !== '' || Date.now() > deadline) return answer
    await setTimeout(20)
  }
}
