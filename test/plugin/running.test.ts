// The ways to run vitest: every one of them ends in sandboxes.

import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, nsboxConfig, sealedTest, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

const benchmarks = fixture('benchmarks')
const seeded = fixture('running')
const { 'one.test.ts': one = '', 'flaky.test.ts': flaky = '' } = seeded
const names = ['flaky', 'one', 'sealed', 'shaky', 'three', 'two']

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig(),
    'sealed.test.ts': sealedTest,
    'speed.bench.ts': benchmarks[`${version.name.replace(' ', '')}.bench.ts`] ?? '',
    ...seeded,
    'two.test.ts': one,
    'three.test.ts': one,
    'shaky.test.ts': flaky,
  })

  describe('options of the command', () => {
    let runs: Record<'byName' | 'unsealed' | 'shared' | 'none' | 'bench', RunInTurn>
    beforeAll(async () => {
      const [byName, unsealed, shared, none, bench] = await vitestRuns(project, [
        ['--config=plain.config.ts', '--pool=nsbox', 'sealed', 'one', '-t', 'sealed'],
        ['--config=plain.config.ts', 'sealed'],
        ['--no-file-parallelism', '--no-isolate', '--bail=1', 'one', 'two', 'three'],
        ['--passWithNoTests', 'nothing-of-this-name'],
        ['bench', '--run'],
      ])
      runs = { byName, unsealed, shared, none, bench } as typeof runs
    })

    test('--pool=nsbox seals; files and tests are chosen by name', () => {
      const { byName } = runs
      expect(byName, byName.output).toMatchObject({ exitCode: 0, tests: { 'sealed.test.ts > sealed': 'passed' } })
      expect(byName.output).toContain('1 passed')
      expect(Object.keys(byName.files).sort()).toEqual(['one.test.ts', 'sealed.test.ts'])
    })

    test('without a pool nothing is sealed', () => {
      const { unsealed } = runs
      expect(unsealed, unsealed.output).toMatchObject({ exitCode: 1, tests: { 'sealed.test.ts > sealed': 'failed' } })
    })

    test('--no-isolate lets a sandbox serve several files, and --bail stops after the first failure', () => {
      const { shared } = runs
      const ended = (status: string) => Object.entries(shared.tests).flatMap(([name, other]) => (other === status ? [name] : []))
      expect(
        ended('passed').filter((name) => name.endsWith('is inside')),
        shared.output,
      ).toHaveLength(2)
      expect(ended('passed').filter((name) => name.endsWith('is alone'))).toHaveLength(1)
      expect(ended('failed')).toEqual([expect.stringMatching(/is alone$/)])
      expect(shared.exitCode).toBe(1)
    })

    test('--passWithNoTests', () => {
      expect(runs.none.exitCode, runs.none.output).toBe(0)
    })

    test('vitest bench measures in a sandbox', () => {
      expect(runs.bench.exitCode, runs.bench.output).toBe(0)
      expect(runs.bench.stdout).toMatch(/on nsbox +[\d,]+/)
    })

    test.runIf(version.name === 'vitest 5')('the result of a benchmark is kept where the project wants it', () => {
      const text = project.read('results/kept.json')
      expect(text).toBe(`${JSON.stringify(JSON.parse(text), null, 2)}\n`)
      expect(Object.keys(JSON.parse(text))).toEqual(['latency', 'throughput', 'period', 'totalTime'])
    })
  })

  test('the pool by itself, over the name of another', () => {
    const { stdout } = spawnSync(process.execPath, ['start.js'], { cwd: project.root, encoding: 'utf8' })
    expect(stdout).toContain('1 passed')
  })

  test('vitest list names the tests and runs none', async () => {
    const run = await vitestRun(project, ['list', 'flaky', 'sealed'])
    expect(run).toMatchObject({ exitCode: 0, stderr: '' })
    expect(run.stdout.trim().split('\n').sort()).toEqual([
      'flaky.test.ts > is alone',
      'flaky.test.ts > third time lucky',
      'sealed.test.ts > sealed',
    ])
  })

  describe('two runs at once in one project, with a share of the files each', () => {
    const ways = ['--file-parallelism', '--no-file-parallelism']
    let shares: VitestRun[]
    beforeAll(async () => {
      shares = await Promise.all(ways.map((way, index) => vitestRun(project, [`--shard=${index + 1}/2`, '--retry=2', way])))
    })

    test('--shard deals every file to exactly one share', () => {
      expect(shares.flatMap(({ files }) => Object.keys(files)).sort()).toEqual(names.map((name) => `${name}.test.ts`))
    })

    test.each(ways.map((way, index) => [way, index] as const))(
      'every file has modules of its own, and --retry tries in the same sandbox: %s',
      (_, index) => {
        const { failures, tests, exitCode, output } = shares[index] as VitestRun
        expect(failures, output).toEqual({})
        expect(exitCode, output).toBe(0)
        const titles = Object.keys(tests).map((name) => name.split(' > ').at(-1))
        expect(titles.filter((title) => title === 'is alone').length, 'files that count themselves').toBeGreaterThan(1)
        expect(titles).toContain('third time lucky')
      },
    )
  })
})
