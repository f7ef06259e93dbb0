// Promise: the smallest caps are found on both sides, by real runs: what is enough passes, and what lies just below is seen to fail.

import { describe, expect, test } from 'vitest'
import type { ThresholdFindings } from '../../src/stress/threshold-report.ts'
import { builtCommand } from '../support/built-command.ts'
import { type CommandEnd, nsbox } from '../support/command.ts'
import { type Project, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'

const mebibyte = 1024 ** 2

const project: Project = seedSuite(vitestVersions[0] as (typeof vitestVersions)[0], {
  'large.test.ts': testFile(`test('has 200 MiB', async () => {
  const held = Buffer.alloc(200 * 1024 ** 2, 1)
  await new Promise((resolve) => setTimeout(resolve, 2000))
  expect(held[0]).toBe(1)
})`),
  // At 0.05 that takes 8 seconds, and vitest waits 5.
  'slow.test.ts': testFile(`test('has 400 ms of CPU', () => {
  const used = () => { const { user, system } = process.cpuUsage(); return user + system }
  const until = used() + 400_000
  while (used() < until);
})`),
  'broken.test.ts': testFile(`test('is broken', () => expect(1).toBe(2))`),
})

function threshold(words: string[]): Promise<CommandEnd> {
  return nsbox(['threshold', '--runs=2', ...words], { cwd: project.root, home: project.home, entry: builtCommand, killAfter: 115_000 })
}

function found({ stdout }: CommandEnd): ThresholdFindings {
  return JSON.parse(stdout) as ThresholdFindings
}

describe('nsbox threshold', () => {
  test('finds how much memory', async () => {
    const end = await threshold(['large', '--only=memory', '--json'])
    const { files, together } = found(end)
    expect(files).toMatchObject([{ file: 'large.test.ts', baseline: { failed: 0, runs: 2 }, cpu: null }])
    const { passes, fails } = files[0]?.memory ?? {}
    expect(fails).toMatchObject({ failed: 2, runs: 2, first: { kind: 'out of memory' } })
    expect(passes?.value).toBeGreaterThan(200 * mebibyte)
    expect(fails?.value).toBeLessThan(passes?.value ?? 0)
    expect(together).toEqual({ cpu: null, memory: passes?.value, step: { failed: 0, runs: 2, first: null } })
    expect(end.exitCode).toBe(0)
  })

  test('finds how much of a processor', async () => {
    const end = await threshold(['slow', '--only=cpu', '--json'])
    const { passes, fails } = found(end).files[0]?.cpu ?? {}
    expect(fails?.value).toBeGreaterThanOrEqual(0.05)
    expect(fails).toMatchObject({ runs: 2, first: { kind: 'time-out' } })
    expect(passes).toMatchObject({ failed: 0, runs: 2 })
    expect(passes?.value).toBeGreaterThan(fails?.value ?? Infinity)
    expect(end.exitCode).toBe(0)
  })

  test('says what fails without caps', async () => {
    const { exitCode, stdout } = await threshold(['broken'])
    expect(stdout).toMatch(
      /^broken\.test\.ts {2}BROKEN: without any cap \d of \d failed, first by AssertionError: expected 1 to be 2 .* in "is broken"$/m,
    )
    expect(exitCode).toBe(3)
  })

  test('says that there are no tests', async () => {
    const { exitCode, stderr } = await threshold(['nothing'])
    expect(stderr).toContain('nsbox threshold: no test file matches nothing')
    expect(exitCode).toBe(4)
  })
})
