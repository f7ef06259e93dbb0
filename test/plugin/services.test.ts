// Sealed tests use services of the host that `forward` names: a database, under load and over its restart.

import { spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort, missingPrograms, Postgres, Redis } from '../support/services.ts'
import { nsboxConfig, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, vitestRun } from '../support/vitest-run.ts'

const missing = missingPrograms(['initdb', 'postgres', 'psql', 'redis-server', 'redis-cli'])
const options = (project: object) => ({ ...project, killAfter: 110_000 })

const imports = `import { execFile, execFileSync } from 'node:child_process'; import { once } from 'node:events'; import { connect } from 'node:net'
const psql = (sql) => execFileSync('psql', ['-h', '127.0.0.1', '-U', 'postgres', '-Atc', sql], { encoding: 'utf8', stdio: 'pipe' }).trim()
const redis = (...words) => execFileSync('redis-cli', ['-e', ...words], { encoding: 'utf8' }).trim()
`

/** Many queries on several connections at once, by programs and by a client of its own. */
const load = testFile(`${imports}
test('redis', async () => {
  const one = async (host) => {
    const socket = connect(6379, host)
    for (let n = 0; n < 200; n++) { socket.write('INCR counted\\r\\n'); await once(socket, 'data') }
    socket.write('INCR counted\\r\\n'.repeat(300)); let lines = 0
    for await (const chunk of socket) if ((lines += String(chunk).split('\\n').length - 1) === 300) break
  }
  await Promise.all(['127.0.0.1', '::1', '127.0.0.1', '::1'].map(one))
})
test('postgres', async () => {
  const one = (n) => new Promise((resolve, reject) => {
    const child = execFile('psql', ['-h', 'localhost', '-U', 'postgres', '-At'], { maxBuffer: 1 << 26 }, (error, stdout) => (error ? reject(error) : resolve(stdout)))
    child.stdin.end("insert into counted values (1);\\nselect count(*) from generate_series(1, 100);\\n".repeat(100) + "select md5(repeat('x', 5000000)), repeat('x', 5000000);\\n")
  })
  for (const answer of await Promise.all([1, 2, 3].map(one))) expect(answer.length).toBeGreaterThan(5000000)
})
test('nothing else of the host', async () => {
  const [error] = await once(connect(Number(process.env.OTHER_PORT), '127.0.0.1'), 'error')
  expect(error.code).toBe('ECONNREFUSED')
})`)

describe.skipIf(missing)(missing ? `services: ${missing}` : 'services', () => {
  let postgres: Postgres
  let redis: Redis
  beforeAll(async () => {
    postgres = new Postgres(await freePort())
    redis = new Redis(await freePort())
    await Promise.all([postgres.start(), redis.start()])
  })
  afterAll(() => Promise.all([postgres?.remove(), redis?.remove()]))

  const config = (test: string) =>
    nsboxConfig({
      test: `pool: 'nsbox', testTimeout: 60_000, ${test}`,
      options: `forward: ['5432:${postgres.port}', '6379:${redis.port}']`,
    })

  describe.each(vitestVersions)('$name', (version) => {
    test('many queries from several files at once', async () => {
      await redis.ask('set', 'counted', '0')
      const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.test.ts`, load]))
      const make = `drop table if exists counted; create table counted (n int)`
      const setup = `import { execFileSync } from 'node:child_process'
export const setup = () => { execFileSync('psql', ['-h', '127.0.0.1', '-p', '${postgres.port}', '-U', 'postgres', '-c', '${make}']) }`
      const project = seedTest(version, {
        'vitest.config.ts': config(`maxWorkers: 3, globalSetup: './setup.ts'`),
        'setup.ts': setup,
        ...files,
      })
      const run = await vitestRun(project, [], options({ env: { OTHER_PORT: `${redis.port}` } }))
      expect(run.failures).toEqual({})
      expect(Object.keys(run.tests)).toHaveLength(12)
      expect(await redis.ask('get', 'counted')).toBe(String(4 * 4 * 500))
    })

    test('a restart in the middle of the run', async () => {
      await redis.ask('del', 'restart')
      const body = testFile(`${imports}
test('goes on with new connections', async () => {
  const begun = psql('select pg_postmaster_start_time()')
  const ends = new Promise((resolve) => execFile('psql', ['-h', '127.0.0.1', '-U', 'postgres', '-c', "select 'waits', pg_sleep(600)"], (error) => resolve(error)))
  while (psql("select count(*) from pg_stat_activity where query like '%waits%' and pid <> pg_backend_pid()") === '0');
  redis('lpush', 'restart', 'please')
  expect(await ends).toBeInstanceOf(Error)
  let again
  do { try { again = psql('select pg_postmaster_start_time()') } catch {} } while (!again || again === begun)
})`)
      const project = seedTest(version, { 'vitest.config.ts': config(''), 'restart.test.ts': body })
      const running = startVitest(project, ['run'], options({}))
      await Promise.race([redis.ask('brpop', 'restart', '0'), running.done])
      await postgres.stop()
      await postgres.start()
      const run = await running.done
      expect(run.failures).toEqual({})
      expect(run.files).toEqual({ 'restart.test.ts': 'passed' })
    })

    test('globalSetup starts the service', async () => {
      const port = await freePort()
      const project = seedTest(version, {
        'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', globalSetup: './setup.ts'`, options: `forward: ['6379:${port}']` }),
        'setup.ts': `import { spawn } from 'node:child_process'; import { once } from 'node:events'
export async function setup() {
  const server = spawn('redis-server', ['--port', '${port}', '--bind', '127.0.0.1', '--save', ''])
  for (let said = ''; !said.includes('Ready to accept connections'); ) said += (await once(server.stdout, 'data'))[0]
  return async () => { server.kill(); await once(server, 'exit') }
}`,
        'a.test.ts': testFile(
          `${imports} test('answers', () => { expect(redis('set', 'a', '1')).toBe('OK'); expect(redis('get', 'a')).toBe('1') })`,
        ),
      })
      const run = await vitestRun(project, [], options({}))
      expect(run.failures).toEqual({})
      expect(run.exitCode).toBe(0)
    })
  })
})

describe.each(vitestVersions)('$name', (version) => {
  test('a service that is not there is named', async () => {
    const port = await freePort()
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: `forward: ['5432:${port}']` }),
      'a.test.ts': testFile(`import { once } from 'node:events'; import { connect } from 'node:net'
test('is reset', async () => { expect((await once(connect(5432), 'error'))[0].code).toBe('ECONNRESET') })`),
    })
    const run = await vitestRun(project, [], options({}))
    expect(run.failures).toEqual({})
    expect(run.output).toContain(`nsbox: forward: port ${port} of the host's localhost did not answer (ECONNREFUSED)`)
  })

  test('a port that is exposed for one file leads into it', async () => {
    const port = await freePort()
    const listens = (answer: string) =>
      testFile(`import { createServer } from 'node:net'
test('is asked', async () => { await new Promise((resolve) => createServer((socket) => { socket.end('${answer}'); resolve() }).listen(3000, () => console.log('listens'))) })`)
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({
        test: `pool: 'nsbox', maxWorkers: 2, testTimeout: 60_000`,
        options: `rules: [{ files: 'a.test.ts', expose: ['${port}:3000'] }, { files: 'b.test.ts', expose: ['0:3000'] }]`,
      }),
      'a.test.ts': listens('from a'),
      'b.test.ts': listens('from b'),
    })
    const running = startVitest(project, ['run'], options({}))
    await running.said(/b\.test\.ts: port \d+ of localhost leads to 3000 inside/)
    const chosen = Number(/port (\d+) of localhost/.exec(running.output())?.[1])
    const ask = async (from: number) => {
      const child = spawn(process.execPath, ['-e', askUntil, `${from}`])
      let said = ''
      for await (const chunk of child.stdout) said += chunk
      return said
    }
    expect(await Promise.all([ask(port), ask(chosen)])).toEqual(['from a', 'from b'])
    const run = await running.done
    expect(run.failures).toEqual({})
  })

  test('one that is taken is an error of the file that asked', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: `rules: [{ files: 'a.test.ts', expose: ['${port}:3000'] }]` }),
      'a.test.ts': testFile(`test('runs', () => {})`),
      'b.test.ts': testFile(`test('runs', () => {})`),
    })
    const run = await vitestRun(project, [], options({}))
    server.close()
    expect(run.output).toContain(`a.test.ts: expose is ${port}:3000: port ${port} of the host's localhost is taken`)
    expect(run.tests).toMatchObject({ 'b.test.ts > runs': 'passed' })
    expect(run.exitCode).toBe(1)
  })

  test("net: 'host' beside it is refused", async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: `net: 'host', forward: [5432]` }),
      'a.test.ts': testFile(''),
    })
    const run = await vitestRun(project, [], options({}))
    expect(run.output).toContain("nsbox(): forward is 5432: with net: 'host' there is but one localhost: leave out one of the two")
  })
})

/** Until the server inside listens, connections are reset. */
const askUntil = `const ask = () => require('node:net').connect(Number(process.argv[1]), '127.0.0.1')
  .on('error', () => setTimeout(ask, 50)).on('data', (data) => process.stdout.write(data)); ask()`
