// test.projects: each project has its own plugins and its own pool.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const pools = ['nsbox', 'forks', 'threads', 'vmThreads', 'vmForks']
const where = fixture('projects-pools')['where.test.ts'] as string

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...fixture('projects'),
    ...Object.fromEntries(pools.map((pool) => [`${pool}/where.test.ts`, where])),
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project, ['--reporter=junit', `--outputFile.junit=${project.scratch}/junit.xml`])
  })

  test.each([
    ['an inline project that extends nothing', 'alone/env.test.ts > sealed'],
    ['its environment variables', 'alone/env.test.ts > its own environment'],
    ['an inline project that extends the root', 'extending/env.test.ts > sealed'],
    ['its environment variables too', 'extending/env.test.ts > its own environment'],
    ['a project with jsdom', 'dom/dom.test.ts > document'],
    ['a forks project beside them', 'beside/beside.test.ts > not sealed'],
    ['a project with a config file and a nsbox() of its own', 'nested/nested.test.ts > its own options'],
  ])('%s', (_, name) => {
    expect(run.failures[name], run.output).toBeUndefined()
    expect(run.tests[name], run.output).toBe('passed')
  })

  test('all of them in one run', () => {
    expect(Object.keys(run.tests), run.output).toHaveLength(7 + 3 * pools.length)
    expect(run.stdout).toMatch(/Tests +5 failed \| 12 passed \| 5 skipped \(22\)/)
    expect(run.exitCode).toBe(1)
    expect(run.output, 'vitest 5 warns of a plugin that is there twice').not.toContain('multiple times')
  })

  describe('other pools beside nsbox', () => {
    test.each([
      ['nsbox', { sealed: true, thread: false }],
      ['forks', { sealed: false, thread: false }],
      ['threads', { sealed: false, thread: true }],
      ['vmThreads', { sealed: false, thread: true }],
      ['vmForks', { sealed: false, thread: false }],
    ])('a project of %s runs there', (pool, expected) => {
      const told = new RegExp(`^told ${pool} (.*)$`, 'm').exec(run.stdout)?.[1] ?? run.output
      expect(JSON.parse(told)).toEqual(expected)
    })

    test.each(pools)('what became of the tests of %s is in every report', (pool) => {
      const file = `${pool}/where.test.ts`
      const results = { [`${file} > tells`]: 'passed', [`${file} > fails`]: 'failed', [`${file} > is skipped`]: 'skipped' }
      expect(run.tests).toMatchObject(results)
      expect(run.failures[`${file} > fails`]).toContain(`expected '${pool}' to be 'another'`)
      expect(run.stderr).toContain(`FAIL  |${pool}| ${file} > fails`)
      expect(project.read('../scratch/junit.xml')).toMatch(
        new RegExp(`<testsuite name="${file}"[^>]* tests="3" failures="1" errors="0" skipped="1"`),
      )
    })
  })
})
