// Attempts of one file, one after the other in the same worker process: each knob as the file sees it, and what is told of it.

import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import type { AttemptOrder, AttemptResult, CampaignSetting } from '../../src/stress/attempt.ts'
import { AttemptPool } from '../../src/stress/attempt-pool.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { nsboxConfig, type Project, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'

/** What a file sees of its sandbox, as the message of an error. */
const facts = testFile(`
import { execFileSync } from 'node:child_process'
import { statfsSync, existsSync } from 'node:fs'
import { availableParallelism, hostname, networkInterfaces, uptime } from 'node:os'
test('tells', () => {
  const { blocks, bsize, files } = statfsSync('/tmp')
  throw new Error(JSON.stringify({
    cores: availableParallelism(), hostname: hostname(), uid: process.getuid(), net: Object.keys(networkInterfaces()),
    disk: blocks * bsize, inodes: files, nofile: execFileSync('sh', ['-c', 'ulimit -n']).toString().trim(),
    hours: -new Date(0).getTimezoneOffset() / 60, child: execFileSync('date', ['+%z']).toString().trim(),
    locale: new Intl.NumberFormat().resolvedOptions().locale, variable: process.env.LC_ALL ?? null,
    monotonic: Number(process.hrtime.bigint()) / 1e6, boottime: uptime() * 1000,
    fromOrigin: Math.abs(performance.timeOrigin + performance.now() - Date.now()),
    setUp: existsSync('made-by-setup.txt'), attempts: process.env.TINYPOOL_WORKER_ID ?? null,
  }))
})`)

const ordered = testFile(`const order = []
describe('suite', () => { for (const name of 'abcdefgh') test(name, () => { order.push(name) }) })
afterAll(() => { throw new Error(order.join('')) })`)

const misfortunes = testFile(`
describe('suite', () => {
  test('passes', () => {})
  test('waits', async () => { console.log('waits now'); await new Promise(() => {}) }, 1e6)
  test('never begins', () => {})
})`)

const files = {
  'vitest.config.ts': nsboxConfig({
    test: "pool: 'forks', retry: 2, environment: 'node'",
    options: "hostname: 'ours', net: 'host', setup: ['sh', '-c', 'echo > made-by-setup.txt'], keep: 'always', reportFile: 'report.json'",
  }),
  'facts.test.ts': facts,
  'ordered.test.ts': ordered,
  'waits.test.ts': misfortunes,
  'fills.test.ts': testFile(`test('fills', () => { const kept = []; for (;;) kept.push(Buffer.alloc(1 << 20, 1)) })`),
  'crashes.test.ts': testFile(`test('crashes', () => { process.kill(process.pid, 'SIGSEGV') })`),
  'burns.test.ts': testFile(
    `test('burns', () => { for (;;) { const { user, system } = process.cpuUsage(); if (user + system > 300_000) break } }, 60_000)`,
  ),
  'times-out.test.ts': testFile(`test('times out', async () => { await new Promise(() => {}) }, 50)`),
  'again.test.ts': testFile(`let tries = 0
test('passes at last', { retry: 3 }, () => { expect(++tries).toBe(2) })`),
  'writes.test.ts': testFile(`import { writeFileSync } from 'node:fs'
test('has a new snapshot', () => { writeFileSync('written.txt', ''); expect({ a: 1 }).toMatchSnapshot() })
test('fills its disk', () => { writeFileSync('/tmp/much', Buffer.alloc(4 << 20)) })`),
  'twice.test.ts': testFile(`test('one', () => {}); test('two', () => { expect(1).toBe(2) })`),
}

interface Campaign {
  project: Project
  pool: AttemptPool
  attempt(file: string, knobs?: Knobs, order?: Partial<AttemptOrder>): Promise<AttemptResult>
  tell(knobs?: Knobs): Promise<Record<string, unknown>>
}

function campaign(project: Project, setting: Partial<CampaignSetting> = {}): Campaign {
  const env = { PATH: process.env['PATH'] as string, HOME: project.home }
  const whole = { cwd: project.root, words: [], filters: [], testNamePattern: undefined, seal: 'require' as const, ...setting }
  const pool = new AttemptPool(whole, { jobs: 1, env })
  afterAll(() => pool.close())
  const attempt: Campaign['attempt'] = (file, knobs = {}, order) => pool.run({ file, project: '', knobs, timeoutMs: 60_000, ...order })
  const tell = async (knobs?: Knobs) => JSON.parse(errorsOf(await attempt('facts.test.ts', knobs))[0] ?? 'null')
  return { project, pool, attempt, tell }
}

function errorsOf({ tests, errors }: AttemptResult): string[] {
  return [...tests.flatMap((one) => one.errors), ...errors].map(({ message }) => message)
}

const hour = 3_600_000

describe.each(vitestVersions)('$name', (version) => {
  const { project, pool, attempt, tell } = campaign(seedSuite(version, files))

  test('what can be run is found, and what cannot be turned here', async () => {
    const before = project.list()
    const { targets, root, vitest, missing } = await pool.find()
    expect(targets.map(({ file }) => file).sort()).toEqual(
      Object.keys(files)
        .filter((file) => file.endsWith('.test.ts'))
        .sort(),
    )
    expect(root).toBe(project.root)
    expect(`vitest ${Number.parseInt(vitest, 10)}`).toBe(version.name)
    for (const { knob, why } of missing) expect(why, knob).not.toBe('')
    expect(project.list()).toEqual(before)
  })

  test('the options of the config apply, whatever pool it names', async () => {
    expect(await tell()).toMatchObject({ hostname: 'ours', setUp: true, attempts: null })
    expect((await tell())['net']).toEqual(expect.arrayContaining(Object.keys((await import('node:os')).networkInterfaces())))
  })

  test.each<[Knobs, Record<string, unknown>]>([
    [{ cores: 1 }, { cores: 1 }],
    [{ hostname: 'theirs' }, { hostname: 'theirs' }],
    [{ uid: 'caller' }, { uid: process.getuid?.() }],
    [
      { disk: 1 << 20, inodes: 64 },
      { disk: 1 << 20, inodes: 64 },
    ],
    [{ nofile: 100 }, { nofile: '100' }],
    [{ tz: '+14' }, { hours: 14, child: '+1400' }],
    [{ tz: 'Asia/Kathmandu' }, { hours: 5.5 }],
    [{ locale: 'tr_TR' }, { locale: 'tr-TR', variable: 'tr_TR.UTF-8' }],
    [{}, { cores: availableParallelism(), hostname: 'ours', variable: null }],
  ])('%j is seen inside', async (knobs, seen) => {
    expect(await tell(knobs)).toMatchObject(seen)
  })

  test('net=none leaves its own localhost alone', async () => {
    expect((await tell({ net: 'none' }))['net']).toEqual(['lo'])
  })

  test.each([hour, -60_000])('clocks that count %d ms more agree with each other', async (ahead) => {
    const before = Number(process.hrtime.bigint()) / 1e6
    const { monotonic, boottime, fromOrigin } = await tell({ monotonic: ahead, boottime: ahead * 2 })
    expect((monotonic as number) - before).toBeGreaterThanOrEqual(ahead)
    expect((boottime as number) - (monotonic as number)).toBeGreaterThan(ahead - 60_000)
    expect(fromOrigin).toBeLessThan(1000)
  })

  test('the same seed has the same order of tests, and none has that of the file', async () => {
    const order = async (knobs: Knobs) => errorsOf(await attempt('ordered.test.ts', knobs))[0]
    const first = await order({ shuffle: 'tests', seed: 7 })
    expect(await order({})).toBe('abcdefgh')
    expect(await order({ shuffle: 'tests', seed: 7 })).toBe(first)
    expect(first).not.toBe('abcdefgh')
    expect(await order({ shuffle: 'tests', seed: 8 })).not.toBe(first)
  })

  test('a share of CPU time holds it back, and that is counted', async () => {
    const { end, usage, held, caps } = await attempt('burns.test.ts', { cpu: { share: 0.1, periodMs: 100 } })
    expect(end).toBe('passed')
    expect(held.cpu).toBeTruthy()
    expect(usage.throttledMs).toBeGreaterThan(0)
    expect(usage.cpuMs).toBeGreaterThan(0)
    expect(caps).toEqual([expect.objectContaining({ limit: 'cpu', fatal: false })])
  })

  test('a cap on memory kills, and says so of the test that ran', async () => {
    const { end, tests, caps, errors } = await attempt('fills.test.ts', { memory: 160 << 20 })
    expect(end).toBe('killed')
    expect(caps[0]).toEqual({ limit: 'memory', words: expect.stringMatching(/^killed by its memory cap of 160 MiB/), fatal: true })
    expect(tests).toEqual([expect.objectContaining({ name: 'fills', state: 'failed' })])
    expect(errors).toEqual([])
  })

  test('pids are limited, or it is said why not', async () => {
    const { missing } = await pool.find()
    const result = attempt('twice.test.ts', { pids: 100 }, { testNamePattern: 'one' })
    if (missing.some(({ knob }) => knob === 'pids')) await expect(result).rejects.toThrow(/^The knob pids cannot be turned here: /)
    else expect(await result).toMatchObject({ end: 'passed', held: { pids: expect.any(String) } })
  })

  test('a knob that cannot be turned is no result', async () => {
    await expect(attempt('twice.test.ts', { cores: 8192 })).rejects.toMatchObject({
      code: 'ERR_NSBOX_LIMIT',
      message: expect.stringMatching(/^The knob cores cannot be turned here: 8192 are asked for, and this process may run on \d+/),
    })
    await expect(attempt('no.test.ts')).rejects.toThrow('There is no test file no.test.ts')
  })

  test('what still runs at its time limit is killed, and its last words are kept', async () => {
    const { end, tests, caps, output } = await attempt('waits.test.ts', {}, { timeoutMs: 1500 })
    expect(end).toBe('killed')
    expect(caps[0]).toMatchObject({ limit: 'time', words: expect.stringMatching(/^killed after 1\.5 s \([\d.]+ s wall, [\d.]+ s CPU\)$/) })
    expect(tests.map(({ name, state }) => [name, state])).toEqual([
      ['suite > passes', 'passed'],
      ['suite > waits', 'failed'],
    ])
    expect(output).toBe('waits now\n')
  })

  test('a worker that crashes is its test that failed', async () => {
    expect(await attempt('crashes.test.ts')).toMatchObject({
      end: 'failed',
      tests: [{ name: 'crashes', errors: [{ message: expect.stringContaining('was ended by SIGSEGV') }] }],
      caps: [],
    })
  })

  test("vitest's own time limits are told from other failures", async () => {
    const { tests } = await attempt('times-out.test.ts')
    expect(tests[0]?.errors).toEqual([expect.objectContaining({ isTimeout: true })])
    const [failed] = (await attempt('twice.test.ts')).tests.flatMap(({ errors }) => errors)
    expect(failed).toMatchObject({ name: 'AssertionError', isTimeout: false, stack: expect.stringContaining('twice.test.ts:1:') })
  })

  test('what passes only when it is tried again has failed', async () => {
    expect((await attempt('again.test.ts')).tests).toMatchObject([{ state: 'failed', errors: [{ name: 'AssertionError' }] }])
  })

  test('one attempt knows nothing of another, and of the tests only those that were asked for', async () => {
    await attempt('twice.test.ts')
    const { end, tests } = await attempt('twice.test.ts', {}, { testNamePattern: '^\\s?one$' })
    expect(end).toBe('passed')
    expect(tests.map(({ name, state, line }) => [name, state, line])).toEqual([
      ['one', 'passed', 1],
      ['two', 'skipped', 1],
    ])
  })

  test('nothing of the project is changed', async () => {
    const before = project.list()
    const { tests, caps } = await attempt('writes.test.ts', { disk: 1 << 20 })
    expect(tests.map(({ state }) => state)).toEqual(['failed', 'failed'])
    expect(caps).toContainEqual({ limit: 'disk', words: expect.any(String), fatal: false })
    expect(project.list()).toEqual(before)
    expect(existsSync(`${project.root}/node_modules/.vite`)).toBe(false)
  })
})

describe('projects', () => {
  const pools = `import { nsbox } from 'nsbox/vitest'
export default { plugins: [nsbox({ hostname: 'of-root' })], test: { projects: [
  { extends: false, plugins: [nsbox({ hostname: 'of-plugin' })], test: { name: 'own', pool: 'nsbox', include: ['facts.test.ts'] } },
  { extends: false, test: { name: 'alone', pool: 'vmThreads', include: ['facts.test.ts'] } },
  { extends: true, test: { name: 'child', include: ['facts.test.ts'] } },
] } }`
  const { attempt, pool } = campaign(seedSuite(vitestVersions[0] as never, { ...files, 'vitest.config.ts': pools }))

  test('each has the options of its own', async () => {
    expect((await pool.find()).targets.map(({ project }) => project).sort()).toEqual(['alone', 'child', 'own'])
    const names = ['own', 'alone', 'child'].map(async (project) => {
      const [told] = errorsOf(await attempt('facts.test.ts', {}, { project }))
      return JSON.parse(told as string).hostname
    })
    expect(await Promise.all(names)).toEqual(['of-plugin', 'of-root', 'of-root'])
  })
})

describe('words', () => {
  const { attempt, tell, pool } = campaign(seedSuite(vitestVersions[0] as never, files), {
    words: ['--nsbox.hostname=words', '--nsbox.net=none'],
    filters: ['facts', 'twice'],
    testNamePattern: 'tells|two',
    seal: 'prefer',
  })

  test('come before the config', async () => {
    expect((await pool.find()).targets.map(({ file }) => file).sort()).toEqual(['facts.test.ts', 'twice.test.ts'])
    expect(await tell()).toMatchObject({ hostname: 'words', net: ['lo'], setUp: true })
    expect((await attempt('twice.test.ts')).tests.map(({ state }) => state)).toEqual(['skipped', 'failed'])
  })

  test('a knob that cannot be turned is left out and told', async () => {
    const { end, notTurned } = await attempt('twice.test.ts', { cores: 8192, shuffle: 'files' }, { testNamePattern: 'one' })
    expect(end).toBe('passed')
    expect(notTurned.map(({ knob }) => knob)).toEqual(['cores', 'shuffle'])
  })
})
