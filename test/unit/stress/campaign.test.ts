import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../../src/random.ts'
import type { AttemptOrder, AttemptResult, TestResult } from '../../../src/stress/attempt.ts'
import { Campaign, type Campaigned, type CampaignOptions } from '../../../src/stress/campaign.ts'
import type { Knobs, MissingKnob } from '../../../src/stress/knobs.ts'
import { AttemptStore } from '../../../src/stress/store.ts'

const directories: string[] = []
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
})

interface Scene {
  options?: Partial<CampaignOptions>
  files?: string[]
  missing?: MissingKnob[]
  seal?: 'require' | 'prefer'
  /** Names of the tests that fail. */
  fails?: (order: AttemptOrder, made: number) => string[]
  made?: (order: AttemptOrder, made: number) => void
  resumeIn?: string
  signal?: AbortSignal
}

/** A campaign over attempts that are made up: each file has the tests `one` and `two`. */
async function campaign({ options, files = ['a.test.ts'], missing = [], seal = 'require', fails = () => [], made, ...rest }: Scene) {
  const directory = rest.resumeIn ?? mkdtempSync(join(tmpdir(), 'campaign-'))
  if (!rest.resumeIn) directories.push(directory)
  for (const file of files) writeFileSync(join(directory, file), '')
  const orders: AttemptOrder[] = []
  const said: string[] = []
  const pool = {
    jobs: 1,
    run: async (order: AttemptOrder) => {
      orders.push(order)
      made?.(order, orders.length)
      rest.signal?.throwIfAborted()
      return resultOf(order, fails(order, orders.length))
    },
  }
  const all: CampaignOptions = {
    values: {},
    runs: undefined,
    duration: undefined,
    budget: undefined,
    untilFail: false,
    seed: 7,
    shard: null,
    timeout: undefined,
    ...options,
  }
  const whole = new Campaign(all, {
    pool,
    setting: { cwd: directory, words: [], filters: [], testNamePattern: undefined, seal },
    found: { targets: files.map((file) => ({ file, project: '' })), root: directory, vitest: '5.0.0', missing },
    store: new AttemptStore(join(directory, 'attempts.jsonl'), (words) => said.push(words)),
    progress: { began: () => undefined, attempt: () => undefined, say: (words) => said.push(words), ended: () => undefined },
    signal: rest.signal ?? new AbortController().signal,
    about: { nsbox: '0', command: [] },
  })
  const campaigned: Campaigned = await whole.run(rest.resumeIn !== undefined)
  return { ...campaigned, orders, said, directory }
}

function resultOf({ testNamePattern }: AttemptOrder, failing: string[]): AttemptResult {
  const chosen = ['one', 'two'].filter((name) => testNamePattern === undefined || new RegExp(testNamePattern).test(name))
  const tests: TestResult[] = chosen.map((name) => ({
    name,
    state: failing.includes(name) ? 'failed' : 'passed',
    durationMs: 1,
    errors: failing.includes(name) ? [{ name: 'Error', message: 'it failed', stack: '', isTimeout: false }] : [],
    line: 1,
  }))
  const usage = { wallMs: 10, cpuMs: 10, throttledMs: null, memoryPeakBytes: 200 * 1024 ** 2 }
  const end = tests.some(({ state }) => state === 'failed') ? 'failed' : 'passed'
  return { end, tests, errors: [], caps: [], usage, held: {}, notTurned: [], output: '' }
}

const verdicts = ({ results }: Campaigned) => Object.fromEntries(results.tests.map(({ name, verdict }) => [name, verdict]))

test('a sweep is 20 runs of each file: 5 as it is, and 15 with a knob', async () => {
  const { results, orders } = await campaign({ files: ['a.test.ts', 'b.test.ts'] })
  expect(orders).toHaveLength(40)
  expect(orders.slice(0, 10).every(({ knobs }) => Object.keys(knobs).length === 0)).toBe(true)
  expect(orders.slice(10).every(({ knobs }) => knobs.seed !== undefined)).toBe(true)
  expect(results.attempts.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, number) => number))
  expect(results.endedEarly).toBeNull()
})

test('what always fails is broken and takes no further attempts, its neighbours do', async () => {
  const whole = await campaign({ fails: () => ['one'] })
  expect(verdicts(whole)).toEqual({ one: 'BROKEN', two: 'PASS' })
  expect(whole.results.attempts.slice(5).every(({ result }) => result.end === 'passed')).toBe(true)
  expect(whole.orders).toHaveLength(20)
  expect((await campaign({ fails: () => ['one', 'two'] })).orders).toHaveLength(5)
})

test('what fails under a knob is confirmed, and shrunk to it', async () => {
  const whole = await campaign({ fails: ({ knobs }) => (knobs.uv === 1 ? ['two'] : []) })
  expect(verdicts(whole)).toEqual({ one: 'PASS', two: 'FLAKY' })
  expect(whole.results.tests.find(({ name }) => name === 'two')?.recipe?.knobs).toEqual({ uv: 1 })
  expect(whole.said).toContainEqual(expect.stringMatching(/^a\.test\.ts > two: fails in 10 of 10 runs with n1:uv=1$/))
})

test('what is said of a test has its whole name on one line', async () => {
  const { said } = await campaign({ files: ['a\nforged.test.ts'], fails: ({ knobs }) => (knobs.uv === 1 ? ['two'] : []) })
  expect(said).toEqual(['a\\nforged.test.ts > two: fails in 10 of 10 runs with n1:uv=1'])
})

test('what fails once and not again is told honestly', async () => {
  const whole = await campaign({ fails: (_, made) => (made === 7 ? ['two'] : []) })
  expect(verdicts(whole)).toMatchObject({ two: 'FLAKY' })
  expect(whole.said).toContainEqual(expect.stringMatching(/two: failed, and not again when tried with freeze=64ms \(0 of 10\)$/))
})

test.each([0.07, 0.3])(
  'what fails at a rate of %s whatever is turned is given a cause in less than one campaign of twenty',
  async (rate) => {
    let named = 0
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed, 'coin')
      const { results } = await campaign({ options: { seed }, fails: () => (random() < rate ? ['one'] : []) })
      if (results.tests.some(({ cause }) => cause !== null)) named++
    }
    expect(named).toBeLessThan(60 / 20)
  },
)

test('a grid is all combinations, so many times', async () => {
  const { orders } = await campaign({ options: { values: { freeze: [8, 16], tz: ['+14'] }, runs: 3 } })
  const turned = orders.slice(5).map(({ knobs: { seed: _, ...knobs } }) => knobs)
  expect(turned).toEqual(
    Array.from({ length: 3 }, () => [
      { freeze: 8, tz: '+14' },
      { freeze: 16, tz: '+14' },
    ]).flat(),
  )
})

test('with --until-fail it goes on until something fails, and looks at that again', async () => {
  const whole = await campaign({ options: { untilFail: true }, fails: ({ knobs }, made) => (made > 50 && knobs.freeze ? ['one'] : []) })
  expect(whole.results.endedEarly).toBe('until-fail')
  expect(whole.orders.length).toBeGreaterThan(50)
  expect(whole.results.attempts.filter(({ phase }) => phase === 'confirm').length).toBeGreaterThanOrEqual(5)
})

test('--budget is CPU time of all attempts', async () => {
  const { results } = await campaign({ options: { budget: 1000 } })
  expect(results.attempts).toHaveLength(100)
  expect(results.endedEarly).toBe('budget')
})

test('an interrupted campaign reports what there is, and goes on from there', async () => {
  const controller = new AbortController()
  const first = await campaign({ signal: controller.signal, made: (_, made) => made === 12 && controller.abort() })
  expect(first.results.endedEarly).toBe('interrupted')
  expect(first.results.attempts).toHaveLength(11)
  expect(first.failure).toBeUndefined()
  const second = await campaign({ resumeIn: first.directory })
  expect(second.orders).toHaveLength(9)
  expect(second.results.attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, number) => number))
})

test('a plan that is another is not gone on with', async () => {
  const { directory } = await campaign({})
  await expect(campaign({ resumeIn: directory, options: { runs: 3, seed: 8 } })).rejects.toThrow(
    `--resume: ${join(directory, 'attempts.jsonl')} is of another plan: --seed, --runs differ`,
  )
})

test('a failure of the tool ends it, and what was made is reported', async () => {
  const whole = await campaign({
    made: (_, made) => {
      if (made === 8) throw new Error('no sandbox')
    },
  })
  expect(whole.failure).toEqual(new Error('no sandbox'))
  expect(whole.results.attempts).toHaveLength(7)
})

const noPids: MissingKnob = { knob: 'pids', why: 'nobody holds it' }

test('a knob that was asked for and cannot be turned is an error that says why', async () => {
  const options = { values: { pids: [64] } }
  await expect(campaign({ options, missing: [noPids] })).rejects.toThrow(
    '--pids cannot be turned here: nobody holds it; --prefer leaves it out',
  )
})

test('with --prefer it is left out and said', async () => {
  const turned = ({ knobs: { seed: _, ...knobs } }: { knobs: Knobs }) => knobs
  const { orders, said } = await campaign({ options: { values: { pids: [64], freeze: [8] }, runs: 1 }, missing: [noPids], seal: 'prefer' })
  expect(orders.slice(5).map(turned)).toEqual([{ freeze: 8 }])
  expect(said).toEqual(['left out: the knob pids cannot be turned here: nobody holds it'])
})

test('shards make every step once, and each has a baseline of its own', async () => {
  const files = ['a.test.ts', 'b.test.ts', 'c.test.ts']
  const shards = await Promise.all([1, 2, 3].map((index) => campaign({ files, options: { shard: { index, count: 3 } } })))
  const whole = await campaign({ files })
  const steps = (parts: Campaigned[]) =>
    parts
      .flatMap(({ results }) => results.attempts)
      .filter(({ phase }) => phase === 'sweep')
      .map(({ order: { file, knobs } }) => `${file} ${JSON.stringify({ ...knobs, seed: 0 })}`)
      .sort()
  expect(steps(shards)).toEqual(steps([whole]))
  const numbers = shards.flatMap(({ results }) => results.attempts.map(({ number }) => number))
  expect(new Set(numbers).size).toBe(numbers.length)
  for (const { results } of shards) {
    for (const file of files)
      expect(results.attempts.filter(({ phase, order }) => phase === 'baseline' && order.file === file)).toHaveLength(2)
  }
})
