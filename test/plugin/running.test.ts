// The ways to run vitest: every one of them ends in sandboxes.

import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { nsboxConfig, type Project, sealedTest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const counter = `globalThis.loads = (globalThis.loads ?? 0) + 1`

/** vitest 5 has benchmarks inside tests. */
const benchmark: Record<string, string> = {
  'vitest 4': `import { hostname } from 'node:os'; import { bench } from 'vitest'
bench('on ' + hostname(), () => { Math.sqrt(2) }, { time: 5, iterations: 2, warmupTime: 0, warmupIterations: 0 })`,
  'vitest 5': testFile(`import { hostname } from 'node:os'
test('measures', async ({ bench }) => { await bench('on ' + hostname(), () => { Math.sqrt(2) }).run({ time: 5, iterations: 2 }) })`),
}

describe.each(vitestVersions)('$name', (version) => {
  describe('chosen on the command line', () => {
    const project = seedSuite(version, { 'vitest.config.ts': nsboxConfig({ test: '' }), 'a.test.ts': sealedTest })

    test('--pool=nsbox seals, and without it nothing does', async () => {
      const [sealed, plain] = await Promise.all([vitestRun(project, ['--pool=nsbox']), vitestRun(project)])
      expect(sealed.output).toContain('1 passed')
      expect(sealed).toMatchObject({ exitCode: 0, tests: { 'a.test.ts > sealed': 'passed' } })
      expect(plain).toMatchObject({ exitCode: 1, tests: { 'a.test.ts > sealed': 'failed' } })
    })
  })

  test('the pool by itself, over the name of another', async () => {
    const start = `import { nsboxPool } from 'nsbox/vitest'
import { startVitest } from 'vitest/node'
const vitest = await startVitest('test', [], { pool: nsboxPool(), watch: false })
await vitest.close()
`
    const config = `import { defineConfig } from 'vitest/config'\nexport default defineConfig({ test: { pool: 'threads' } })\n`
    const project = seedTest(version, { 'vitest.config.ts': config, 'start.js': start, 'a.test.ts': sealedTest })
    const { stdout } = spawnSync(process.execPath, ['start.js'], { cwd: project.root, encoding: 'utf8' })
    expect(stdout).toContain('1 passed')
  })

  describe('a small suite', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', fileParallelism: false" }),
      'sealed.test.ts': sealedTest,
      'one.test.ts': testFile(`${counter}; test('is alone', () => { expect(globalThis.loads).toBe(1) })`),
      'two.test.ts': testFile(`${counter}; test('is alone', () => { expect(globalThis.loads).toBe(1) })`),
      'flaky.test.ts': testFile(`let tries = 0; test('third time lucky', () => { expect(++tries).toBe(3) })`),
      'speed.bench.ts': benchmark[version.name] ?? '',
    })

    test('vitest list names the tests and runs none', async () => {
      const run = await vitestRun(project, ['list'])
      expect(run).toMatchObject({ exitCode: 0, stderr: '' })
      expect(run.stdout.trim().split('\n').sort()).toEqual([
        'flaky.test.ts > third time lucky',
        'one.test.ts > is alone',
        'sealed.test.ts > sealed',
        'two.test.ts > is alone',
      ])
    })

    test('every file has modules of its own; --retry tries in the same sandbox', async () => {
      const run = await vitestRun(project, ['--retry=2'])
      expect(run.failures).toEqual({})
      expect(Object.keys(run.tests)).toHaveLength(4)
      expect(run.exitCode).toBe(0)
    })

    test('--no-isolate lets a sandbox serve several files', async () => {
      const run = await vitestRun(project, ['--no-isolate', 'one', 'two', 'sealed'])
      expect(run.tests['sealed.test.ts > sealed']).toBe('passed')
      expect([run.tests['one.test.ts > is alone'], run.tests['two.test.ts > is alone']].sort()).toEqual(['failed', 'passed'])
    })

    test('--bail stops after the first failure', async () => {
      const run = await vitestRun(project, ['--bail=1', '--no-isolate', 'one', 'two', 'flaky'])
      expect(run.exitCode).toBe(1)
      expect(Object.values(run.tests).filter((status) => status === 'failed')).toHaveLength(1)
    })

    test('--shard deals every file to exactly one share', async () => {
      const shares = await Promise.all([1, 2].map((share) => vitestRun(project, [`--shard=${share}/2`, '--retry=2'])))
      expect(shares.map((share) => share.exitCode)).toEqual([0, 0])
      expect(shares.flatMap((share) => Object.keys(share.files)).sort()).toEqual([
        'flaky.test.ts',
        'one.test.ts',
        'sealed.test.ts',
        'two.test.ts',
      ])
    })

    test('vitest bench measures in a sandbox', async () => {
      const run = await vitestRun(project, ['bench', '--run'])
      expect(run.exitCode, run.output).toBe(0)
      expect(run.stdout).toMatch(/on nsbox +[\d,]+/)
    })

    test('filters by file and by test name', async () => {
      const run = await vitestRun(project, ['sealed', 'one', '-t', 'sealed'])
      expect(run).toMatchObject({ exitCode: 0, tests: { 'sealed.test.ts > sealed': 'passed' } })
      expect(Object.keys(run.files).sort()).toEqual(['one.test.ts', 'sealed.test.ts'])
    })
  })

  describe('two at once in one project', () => {
    const names = ['a', 'b', 'c', 'd']
    const files = Object.fromEntries(names.map((name) => [`${name}.test.ts`, sealedTest]))
    const project: Project = seedSuite(version, files)
    let runs: VitestRun[]
    beforeAll(async () => {
      runs = await Promise.all([vitestRun(project), vitestRun(project)])
    })

    test.each([0, 1])('number %i passes whole', (index) => {
      expect(runs[index]?.failures).toEqual({})
      expect(Object.keys(runs[index]?.tests ?? {})).toHaveLength(names.length)
      expect(runs[index]?.exitCode).toBe(0)
    })
  })
})
