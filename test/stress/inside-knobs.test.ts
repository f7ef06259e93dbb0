// Knobs that are turned inside a worker, or while it runs: for each a test that fails surely with it, and passes without.

import { afterAll, describe, expect, test } from 'vitest'
import type { Knobs } from '../../src/stress/knobs.ts'
import { expectToMeet, failures } from '../support/attempt-failures.ts'
import { attemptPool } from '../support/attempt-pool.ts'
import { fixture, oneVitest, seedSuite, vitestVersions } from '../support/vitest-project.ts'

const day = 86_400_000

const launches = [
  ...vitestVersions.map((version) => ({ ...version, launch: 'warm' })),
  ...oneVitest.map((version) => ({ ...version, launch: 'cold' })),
]

describe.each(launches)('$name, $launch', ({ launch, ...version }) => {
  // How long the programs that tests start take is not what is tested.
  const config = 'export default { test: { testTimeout: 60_000 } }'
  const files = { ...fixture('network-knobs'), ...fixture('inside-knobs') }
  const project = seedSuite(version, { ...files, 'vitest.config.ts': config })
  const setting = { cwd: project.root, words: [`--nsbox.launch=${launch}`], filters: [], testNamePattern: undefined }
  const env = { PATH: process.env['PATH'] as string, HOME: project.home }
  const pool = attemptPool({ ...setting, seal: 'require' }, { jobs: 1, env })
  afterAll(() => pool.close())
  const attempt = (file: string, knobs: Knobs = {}, testNamePattern?: string) =>
    pool.run({ file: `${file}.test.ts`, project: '', knobs, timeoutMs: 60_000, ...(testNamePattern && { testNamePattern }) })
  /** What fails in combined.test.ts, and what it draws. */
  const combined = async (knobs?: Knobs) => {
    const { draws, ...failed } = failures(await attempt('combined', knobs))
    return { draws, failed }
  }
  const draws = async (knobs?: Knobs) => failures(await attempt('combined', knobs, 'draws'))['draws']

  test('uv, clock, inotify and seed', async () => {
    const { draws: drawn, failed } = await combined({ uv: 1, clock: day, inotify: 9, seed: 7 })
    expect(failed).toEqual({
      'uv > two things at once': expect.anything(),
      'uv > the pool is like any': expect.stringContaining("[ '5' ]"),
      'uv > programs have what is usual': "expected '1' to be undefined // Object.is equality",
      'clock > files are of today': expect.anything(),
      inotify: expect.stringContaining('ENOSPC'),
    })
    expect(drawn).toBeTruthy()
    // Another clock, watches enough, and stops too short to see: the same numbers are drawn.
    expect(await combined({ clock: -day, inotify: 10, freeze: 1, seed: 7 })).toEqual({
      failed: { 'clock > files are of today': expect.anything() },
      draws: drawn,
    })
    expect(await draws({ seed: 8 })).not.toBe(drawn)
  })

  test('nothing is turned by itself', async () => {
    const first = await combined()
    expect(first.failed).toEqual({})
    expect(await draws()).not.toBe(first.draws)
  })

  // Copies that are launched cold are in network-knobs.test.ts.
  if (launch === 'cold') return

  test('twins', async () => {
    expect(failures(await attempt('twins'))).toEqual({})
    expectToMeet(await attempt('twins', { twins: 2, seed: 7 }))
  })
})
