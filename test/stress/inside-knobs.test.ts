// Knobs that are turned inside a worker, or while it runs: for each a file that fails surely with it, and passes without.

import { afterAll, describe, expect, test } from 'vitest'
import type { AttemptResult } from '../../src/stress/attempt.ts'
import { AttemptPool } from '../../src/stress/attempt-pool.ts'
import type { Knobs } from '../../src/stress/knobs.ts'
import { type Pulse, pulses } from '../../src/stress/pulses.ts'
import { seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'

const day = 86_400_000

/** A seed of two long stops, each a while after what comes before: one that is over before the test begins leaves the other. */
const longest = 1500
const seed = seedOf((pulse) => pulse.runMs > 150 && pulse.runMs < 800 && pulse.stopMs > 1300)

function seedOf(fits: (pulse: Pulse) => boolean): number {
  for (let one = 0; ; one++) {
    const schedule = pulses(longest, one)
    if (fits(schedule.next().value) && fits(schedule.next().value)) return one
  }
}

const files = {
  'vitest.config.ts': 'export default {}',
  // A stop leaves a gap that no busy machine has, and is over when it is seen.
  'freeze.test.ts': testFile(`import { setTimeout as sleep } from 'node:timers/promises'
test('is never late', async () => {
  for (let tick = 0; tick < 40; tick++) {
    const before = performance.now()
    await sleep(50)
    expect(performance.now() - before).toBeLessThan(1000)
  }
}, 60_000)`),
  // One thread does things in turn: what waits for the second is never done.
  'uv.test.ts': testFile(`import { execFileSync } from 'node:child_process'
import { openSync, readdirSync, readFileSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
test('two things at once', async () => {
  execFileSync('mkfifo', ['fifo'])
  const order = []
  const reader = open('fifo').then((handle) => { order.push('opened'); return handle.close() })
  const late = setTimeout(() => openSync('fifo', 'w'), 2000)
  const other = stat('.').then(() => {
    order.push('other')
    clearTimeout(late)
    if (order.length === 1) openSync('fifo', 'w')
  })
  await Promise.all([reader, other])
  expect(order).toEqual(['other', 'opened'])
}, 60_000)
test('the pool is like any', () => {
  const threads = readdirSync('/proc/self/task').map((tid) => ['comm', 'stat'].map((file) => readFileSync(\`/proc/self/task/\${tid}/\${file}\`, 'utf8')))
  const pool = threads.filter(([name]) => name === 'libuv-worker\\n')
  // Field 41 of proc_pid_stat(5) is the policy, and 0 is SCHED_OTHER.
  expect(pool.map(([, stat]) => stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38])).toEqual(['0', '0', '0', '0'])
})
test('programs have what is usual', () => { expect(process.env.UV_THREADPOOL_SIZE).toBe(undefined) })`),
  'clock.test.ts': testFile(`import { execFileSync } from 'node:child_process'
import { statSync, writeFileSync } from 'node:fs'
const year = (date) => new Date(date).getFullYear()
test('files are of today', () => {
  writeFileSync('file', '')
  expect(Math.abs(statSync('file').mtimeMs - Date.now())).toBeLessThan(${day / 2})
})
test('programs agree', () => {
  const theirs = Number(execFileSync(process.execPath, ['-p', 'Date.now()']))
  expect(Math.abs(theirs - Date.now())).toBeLessThan(${day / 2})
})
test('all of JavaScript agrees', () => {
  const now = Date.now()
  const shown = [+new Date(), Date.parse(Date()), performance.timeOrigin + performance.now(), Date.parse(new Intl.DateTimeFormat('en', { dateStyle: 'short', timeStyle: 'short' }).format())]
  for (const time of shown) expect(Math.abs(time - now)).toBeLessThan(${day / 2})
  expect(new Date()).toBeInstanceOf(Date)
  expect(new (class extends Date {})().constructor.name).toBe('')
  expect(new Date(2020, 1, 3).constructor).toBe(Date)
})
test('fake timers are on top, and go', () => {
  const before = Date.now()
  vi.useFakeTimers()
  expect(Math.abs(Date.now() - before)).toBeLessThan(${day / 2})
  vi.setSystemTime(new Date(2001, 1, 1))
  expect(year(Date.now())).toBe(2001)
  vi.useRealTimers()
  vi.setSystemTime(new Date(2002, 1, 1))
  expect([year(new Date()), year(Date.now())]).toEqual([2002, 2002])
  vi.useRealTimers()
  for (const time of [Date.now(), +new Date()]) expect(Math.abs(time - before)).toBeLessThan(${day / 2})
})`),
  'seed.test.ts': testFile(`test('draws', () => { throw new Error([Math.random(), Math.random()].join()) })`),
  'inotify.test.ts': testFile(`import { mkdirSync, watch } from 'node:fs'
test('watches', () => { for (let count = 0; count < 10; count++) { mkdirSync('d' + count); watch('d' + count).unref() } })`),
  // Nobody else has what is on the machine; all copies are there at the same time, or the first would be gone.
  'twins.test.ts': testFile(`import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
test('its own files', () => { expect(existsSync('mine')).toBe(false); writeFileSync('mine', '') })
test('its own pids', () => { expect(process.pid).toBe(2) })
test('a fixed port', async () => {
  const server = createServer()
  await new Promise((resolve, reject) => server.on('error', reject).listen(4321, resolve))
})
test('a fixed place', () => { mkdirSync('/tmp/fixed') })
test('a place of its own', () => { mkdirSync('/tmp/' + Math.random()) })`),
}

const launches = ['warm', 'cold'] as const

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)

  describe.each(launches)('%s', (launch) => {
    const setting = { cwd: project.root, words: [`--nsbox.launch=${launch}`], filters: [], testNamePattern: undefined }
    const env = { PATH: process.env['PATH'] as string, HOME: project.home }
    const pool = new AttemptPool({ ...setting, seal: 'require' }, { jobs: 1, env })
    afterAll(() => pool.close())
    const attempt = (file: string, knobs: Knobs = {}) => pool.run({ file: `${file}.test.ts`, project: '', knobs, timeoutMs: 60_000 })

    test('freeze', async () => {
      expect(failures(await attempt('freeze'))).toEqual({})
      expect(failures(await attempt('freeze', { freeze: longest, seed }))).toEqual({
        'is never late': expect.stringContaining('less than'),
      })
    })

    test('uv', async () => {
      expect(failures(await attempt('uv'))).toEqual({})
      expect(failures(await attempt('uv', { uv: 1 }))).toEqual({
        'two things at once': expect.anything(),
        'the pool is like any': expect.stringContaining("[ '5' ]"),
        'programs have what is usual': "expected '1' to be undefined // Object.is equality",
      })
    })

    test.each([day, -day])('clock %i', async (clock) => {
      expect(failures(await attempt('clock', { clock }))).toEqual({ 'files are of today': expect.anything() })
    })

    test('no clock', async () => {
      expect(failures(await attempt('clock'))).toEqual({})
    })

    test('seed', async () => {
      const drawn = async (knobs: Knobs) => failures(await attempt('seed', knobs))['draws']
      const first = await drawn({ seed: 7 })
      expect(await drawn({ seed: 7 })).toBe(first)
      expect(await drawn({ seed: 7, freeze: 1 })).toBe(first)
      expect(await drawn({ seed: 8 })).not.toBe(first)
      expect(await drawn({})).not.toBe(await drawn({}))
    })

    test('inotify', async () => {
      expect(failures(await attempt('inotify', { inotify: 10 }))).toEqual({})
      expect(failures(await attempt('inotify', { inotify: 9 }))).toEqual({ watches: expect.stringContaining('ENOSPC') })
    })

    test('twins', async () => {
      expect(failures(await attempt('twins'))).toEqual({})
      const result = await attempt('twins', { twins: 2, seed: 7 })
      expect(result).toMatchObject({ end: 'failed', output: expect.stringMatching(/^nsbox: of 2 copies at once, copy 1 \w+, copy 2 \w+;/) })
      const failed = Object.keys(failures(result))
      expect(failed.length).toBeGreaterThan(0)
      expect(['a fixed port', 'a fixed place']).toEqual(expect.arrayContaining(failed))
    })
  })
})

/** What each test that failed said, on its first line. */
function failures({ tests, errors }: AttemptResult): Record<string, string> {
  expect(errors).toEqual([])
  return Object.fromEntries(tests.flatMap(({ name, state, errors: [first] }) => (state === 'failed' ? [[name, first?.message ?? '']] : [])))
}
