// Promise: the smallest caps are found on both sides, by real runs: what is enough passes, and what lies just below is seen to fail.

import { beforeAll, describe, expect, test } from 'vitest'
import type { ThresholdFindings } from '../../src/stress/threshold-report.ts'
import { type CommandEnd, nsbox } from '../support/command.ts'
import { fixture, oneVitest, type Project, seedSuite, testFile } from '../support/vitest-project.ts'

const mebibyte = 1024 ** 2

describe.each(oneVitest)('nsbox threshold', (version) => {
  const project = seedSuite(version, fixture('threshold'))
  const deafWorker = seedSuite(version, { ...fixture('deaf-worker'), 'a.test.ts': testFile(`test('passes', () => {})`) })

  const threshold = ({ root, home }: Project, words: string[]): Promise<CommandEnd> =>
    nsbox(['threshold', '--jobs=1', ...words], { cwd: root, home, killAfter: 115_000 })

  /** Side by side: they wait for most of their time. */
  const ends = {} as Record<'memory' | 'cpu' | 'nothing', CommandEnd>
  beforeAll(async () => {
    const all = [
      threshold(project, ['large', '--only=memory', '--runs=1', '--json']),
      threshold(project, ['slow', 'broken', '--only=cpu', '--runs=2']),
      threshold(deafWorker, ['nothing']),
    ] as const
    ;[ends.memory, ends.cpu, ends.nothing] = await Promise.all(all)
  })

  test('finds how much memory', () => {
    const { stdout, exitCode } = ends.memory
    const { files, together } = JSON.parse(stdout) as ThresholdFindings
    expect(files).toMatchObject([{ file: 'large.test.ts', baseline: { failed: 0, runs: 1 }, cpu: null }])
    const { passes, fails } = files[0]?.memory ?? {}
    expect(fails).toMatchObject({ failed: 1, runs: 1, first: { kind: 'out of memory' } })
    expect(passes?.value).toBeGreaterThan(260 * mebibyte)
    expect(fails?.value).toBeLessThan(passes?.value ?? 0)
    expect(together).toEqual({ cpu: null, memory: passes?.value, step: { failed: 0, runs: 1, first: null } })
    expect(exitCode).toBe(0)
  })

  test('finds how much of a processor', () => {
    const found =
      /^slow\.test\.ts {2}.*\n {2}passes with cpu (?<passes>[\d.]+) and up \(2 of 2; at (?<fails>[\d.]+): \d of 2 failed, first by a time-out in "has .*"\)$/m
    const { passes, fails } = found.exec(ends.cpu.stdout)?.groups ?? {}
    expect(Number(fails), ends.cpu.stdout).toBeGreaterThanOrEqual(0.05)
    expect(Number(passes)).toBeGreaterThan(Number(fails))
  })

  test('says what fails without caps', () => {
    expect(ends.cpu.stdout).toMatch(
      /^broken\.test\.ts {2}BROKEN: without any cap \d of \d failed, first by AssertionError: expected 1 to be 2 .* in "is broken"$/m,
    )
    expect(ends.cpu.exitCode).toBe(3)
  })

  test('says that there are no tests, and keeps its exit code when a worker process takes long to end', () => {
    expect(ends.nothing).toMatchObject({ exitCode: 4, stderr: 'nsbox threshold: no test file matches nothing\n' })
  })
})
