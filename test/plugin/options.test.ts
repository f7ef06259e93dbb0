// nsbox(options): every value works, and a wrong one stops the run before any test. What is said of wrong ones: test/unit/config.

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, describe, expect, test } from 'vitest'
import type { PoolOptions } from '../../src/config/pool-options.ts'
import { fixture, nsboxConfig, oneVitest, seedSuite, seedTest, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = fixture('options')

interface Value {
  /** The project that has it, and the directory of that project's files. */
  name: string
  options: PoolOptions
  told: object
  /** A test besides those of every project. */
  asks?: boolean
}

const uid = process.getuid?.()
/** Every value of each option, together with others that do not touch on it. */
const values: Value[] = [
  { name: 'defaults', options: {}, told: { hostname: 'nsbox', uid: 0, forked: true } },
  {
    name: 'warm-caller-tmpfs-hostname',
    options: { launch: 'warm', uid: 'caller', upper: 'tmpfs', hostname: 'my-name' },
    told: { hostname: 'my-name', uid, user: uid, forked: true },
  },
  {
    name: 'cold-disk-net-host-prefer',
    options: { launch: 'cold', upper: 'disk', net: 'host', seal: 'prefer' },
    told: { hostname: 'nsbox', uid: 0, forked: false },
    asks: true,
  },
]

/** One project for each of them, with an nsbox() of its own. */
const config = `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

const project = ({ name, options }) => ({
  plugins: [nsbox(options)],
  test: { name, include: [name + '/*.test.ts'], pool: 'nsbox', env: { OPTIONS: name } },
})
export default defineConfig({ test: { projects: ${JSON.stringify(values)}.map(project) } })
`

function filesOf({ name, asks }: Value): Record<string, string> {
  const { 'asks.test.ts': asking, ...every } = files
  return Object.fromEntries(
    Object.entries({ ...every, ...(asks && { 'asks.test.ts': asking as string }) }).map(([path, content]) => [`${name}/${path}`, content]),
  )
}

// The uid inside and the limits of a tmpfs differ for root.
describe.each(oneVitest)('$name', { tags: ['root'] }, (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': config,
    'removed.txt': '',
    ...Object.assign({}, ...values.map(filesOf)),
  })
  let run: VitestRun
  beforeAll(async () => {
    const server = createServer((_, answer) => answer.end('the host')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    run = await vitestRun(project, [], { env: { HOST_PORT: `${(server.address() as AddressInfo).port}` } })
    server.close()
    server.closeAllConnections()
  })

  test.each(values)('$name', ({ name, told }) => {
    expect(run.tests, run.output).toMatchObject({
      [`${name}/fails.test.ts > fails`]: 'failed',
      [`${name}/sealed.test.ts > tells what it is`]: 'passed',
      [`${name}/sealed.test.ts > has its modules, snapshots and timers`]: 'passed',
    })
    expect(JSON.parse(new RegExp(`^told ${name} (.*)$`, 'm').exec(run.stdout)?.[1] ?? '{}')).toMatchObject(told)
  })

  test("net: 'host' reaches the host's localhost", () => {
    expect(run.tests["cold-disk-net-host-prefer/asks.test.ts > asks the host's localhost"], run.output).toBe('passed')
  })

  test('every test has run, sealed, and what it did to the files is gone', () => {
    expect(Object.keys(run.tests)).toHaveLength(values.length * 3 + 1)
    expect(run.exitCode).toBe(1)
    expect(run.output).not.toContain('not in force')
    expect(project.list()).toContain('removed.txt')
    expect(project.list()).not.toContain('written.txt')
  })
})

describe.each(vitestVersions)('$name', (version) => {
  test.each([
    [
      'an unknown name',
      "hangTimeOut: 5, lunch: 'cold'",
      [
        'unknown option "hangTimeOut" (did you mean "hangTimeout"?)',
        'unknown option "lunch" (did you mean "launch"?)',
        'known options are seal, launch',
      ],
    ],
    ['a workspace that is not there', 'workspace: "/not/there"', ['workspace is "/not/there"', 'existing directory']],
  ])('%s stops the run', async (_, options, said) => {
    const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options }), 'fails.test.ts': files['fails.test.ts'] as string })
    const run = await vitestRun(project)
    for (const words of said) expect(run.stderr).toContain(words)
    expect(run.tests).toEqual({})
    expect(run.stdout).not.toContain('RUN')
    expect(run.exitCode).toBe(1)
  })
})
