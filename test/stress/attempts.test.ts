// Attempts of one file, one after the other in the same worker process: each knob as the file sees it, and what is told of it.

import { existsSync } from 'node:fs'
import { availableParallelism, networkInterfaces } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import type { AttemptOrder, AttemptResult, CampaignSetting } from '../../src/stress/attempt.ts'
import type { AttemptPool } from '../../src/stress/attempt-pool.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { attemptPool } from '../support/attempt-pool.ts'
import { fixture, nsboxConfig, oneVitest, type Project, seedSuite, type VitestVersion, vitestVersions } from '../support/vitest-project.ts'

const files = {
  ...fixture('attempts'),
  'vitest.config.ts': nsboxConfig({
    test: "pool: 'forks', retry: 2, environment: 'node'",
    options: "hostname: 'ours', net: 'host', setup: ['sh', '-c', 'echo > made-by-setup.txt'], keep: 'always', reportFile: 'report.json'",
  }),
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
  const pool = attemptPool(whole, { jobs: 1, env })
  afterAll(() => pool.close())
  const attempt: Campaign['attempt'] = (file, knobs = {}, order) => pool.run({ file, project: '', knobs, timeoutMs: 60_000, ...order })
  const tell = async (knobs?: Knobs) => JSON.parse(errorsOf(await attempt('facts.test.ts', knobs))[0] ?? 'null')
  return { project, pool, attempt, tell }
}

function errorsOf({ tests, errors }: AttemptResult): string[] {
  return [...tests.flatMap((one) => one.errors), ...errors].map(({ message }) => message)
}

const hour = 3_600_000
/** Of the first version, for its own tests and for those of the knobs: a start of vitest is dear. */
const shared = campaign(seedSuite(vitestVersions[0] as VitestVersion, files))

describe.each(vitestVersions)('$name', (version) => {
  const { project, pool, attempt, tell } = version === vitestVersions[0] ? shared : campaign(seedSuite(version, files))

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

  test('the options of the config apply, whatever pool it names, and nothing is turned by itself', async () => {
    const told = await tell()
    expect(told).toMatchObject({ hostname: 'ours', setUp: true, attempts: null, cores: availableParallelism(), variable: null })
    expect(told['net']).toEqual(expect.arrayContaining(Object.keys(networkInterfaces())))
  })

  test('the same seed has the same order of tests, and none has that of the file', async () => {
    const order = async (knobs: Knobs) => errorsOf(await attempt('ordered.test.ts', knobs))[0]
    const first = await order({ shuffle: 'tests', seed: 7 })
    expect(await order({})).toBe('abcdefgh')
    expect(await order({ shuffle: 'tests', seed: 7 })).toBe(first)
    expect(first).not.toBe('abcdefgh')
    expect(await order({ shuffle: 'tests', seed: 8 })).not.toBe(first)
  })

  test('a cap on memory kills, and says so of the test that ran', async () => {
    const { end, tests, caps, errors } = await attempt('fills.test.ts', { memory: 160 << 20 })
    expect(end).toBe('killed')
    expect(caps[0]).toEqual({ limit: 'memory', words: expect.stringMatching(/^killed by its memory cap of 160 MiB/), fatal: true })
    expect(tests).toEqual([expect.objectContaining({ name: 'fills', state: 'failed' })])
    expect(errors).toEqual([])
  })

  test('what still runs at its time limit is killed, and its last words are kept', async () => {
    // The import counts, of which much is cached from then on; and vitest's worker may tell of a test 100 ms after its end.
    await attempt('waits.test.ts', {}, { testNamePattern: 'passes' })
    const { end, tests, caps, output } = await attempt('waits.test.ts', {}, { timeoutMs: 5000 })
    expect(end).toBe('killed')
    expect(caps[0]).toMatchObject({ limit: 'time', words: expect.stringMatching(/^killed after 5 s \([\d.]+ s wall, [\d.]+ s CPU\)$/) })
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

  test('one attempt knows nothing of another, and of the tests only those that were asked for', async () => {
    const whole = await attempt('twice.test.ts')
    const [failed, late, again] = ['two', 'times out', 'passes at last'].map((name) => whole.tests.find((one) => one.name === name))
    expect(failed?.errors).toMatchObject([{ name: 'AssertionError', isTimeout: false, stack: expect.stringContaining('twice.test.ts:6:') }])
    // vitest's own time limit is told from other failures.
    expect(late?.errors).toEqual([expect.objectContaining({ isTimeout: true })])
    // What passes only when it is tried again has failed.
    expect(again).toMatchObject({ state: 'failed', errors: [{ name: 'AssertionError' }] })
    const { end, tests } = await attempt('twice.test.ts', {}, { testNamePattern: '^\\s?one$' })
    expect(end).toBe('passed')
    expect(tests.map(({ name, state, line }) => [name, state, line])).toEqual([
      ['one', 'passed', 3],
      ['two', 'skipped', 5],
      ['times out', 'skipped', 9],
      ['passes at last', 'skipped', 15],
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

describe('knobs', { tags: ['root'] }, () => {
  const { pool, attempt, tell } = shared

  test.each<[Knobs, Record<string, unknown>]>([
    [
      { cores: 1, hostname: 'theirs', disk: 1 << 20, inodes: 64, nofile: 100, tz: '+14', locale: 'tr_TR' },
      {
        cores: 1,
        hostname: 'theirs',
        disk: 1 << 20,
        inodes: 64,
        nofile: '100',
        hours: 14,
        child: '+1400',
        locale: 'tr-TR',
        variable: 'tr_TR.UTF-8',
      },
    ],
    [
      { uid: 'caller', tz: 'Asia/Kathmandu', net: 'none' },
      { uid: process.getuid?.(), hours: 5.5, net: ['lo'] },
    ],
  ])('%j are seen inside; clocks that count more, or less, agree with each other', async (knobs, seen) => {
    const ahead = knobs.cores ? hour : -60_000
    const before = Number(process.hrtime.bigint()) / 1e6
    const told = await tell({ ...knobs, monotonic: ahead, boottime: ahead * 2 })
    expect(told).toMatchObject(seen)
    const { monotonic, boottime, fromOrigin } = told as Record<'monotonic' | 'boottime' | 'fromOrigin', number>
    expect(monotonic - before).toBeGreaterThanOrEqual(ahead)
    expect(boottime - monotonic).toBeGreaterThan(ahead - 60_000)
    expect(fromOrigin).toBeLessThan(1000)
  })

  test('a share of CPU time holds it back, and that is counted', async () => {
    const { end, usage, held, caps } = await attempt('burns.test.ts', { cpu: { share: 0.1, periodMs: 100 } })
    expect(end).toBe('passed')
    expect(held.cpu).toBeTruthy()
    expect(usage.throttledMs).toBeGreaterThan(0)
    expect(usage.cpuMs).toBeGreaterThan(0)
    expect(caps).toEqual([expect.objectContaining({ limit: 'cpu', fatal: false })])
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
})

describe.each(oneVitest)('projects', (version) => {
  const pools = `import { nsbox } from 'nsbox/vitest'
export default { plugins: [nsbox({ hostname: 'of-root' })], test: { projects: [
  { extends: false, plugins: [nsbox({ hostname: 'of-plugin' })], test: { name: 'own', pool: 'nsbox', include: ['facts.test.ts'] } },
  { extends: false, test: { name: 'alone', pool: 'vmThreads', include: ['facts.test.ts'] } },
  { extends: true, test: { name: 'child', include: ['facts.test.ts'] } },
] } }`
  const { attempt, pool } = campaign(seedSuite(version, { ...files, 'vitest.config.ts': pools }))

  test('each has the options of its own', async () => {
    expect((await pool.find()).targets.map(({ project }) => project).sort()).toEqual(['alone', 'child', 'own'])
    const names = ['own', 'alone', 'child'].map(async (project) => {
      const [told] = errorsOf(await attempt('facts.test.ts', {}, { project }))
      return JSON.parse(told as string).hostname
    })
    expect(await Promise.all(names)).toEqual(['of-plugin', 'of-root', 'of-root'])
  })
})

describe.each(oneVitest)('words', (version) => {
  const { attempt, tell, pool } = campaign(seedSuite(version, files), {
    words: ['--nsbox.hostname=words', '--nsbox.net=none'],
    filters: ['facts', 'twice'],
    testNamePattern: 'tells|two',
    seal: 'prefer',
  })

  test('come before the config', async () => {
    expect((await pool.find()).targets.map(({ file }) => file).sort()).toEqual(['facts.test.ts', 'twice.test.ts'])
    expect(await tell()).toMatchObject({ hostname: 'words', net: ['lo', 'eth0'], setUp: true })
    expect((await attempt('twice.test.ts')).tests.map(({ state }) => state)).toEqual(['skipped', 'failed', 'skipped', 'skipped'])
  })

  test('a knob that cannot be turned is left out and told', async () => {
    const { end, notTurned } = await attempt('twice.test.ts', { cores: 8192, shuffle: 'files' }, { testNamePattern: 'one' })
    expect(end).toBe('passed')
    expect(notTurned.map(({ knob }) => knob)).toEqual(['cores', 'shuffle'])
  })
})
