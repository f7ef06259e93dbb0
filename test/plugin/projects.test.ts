// test.projects: each project has its own plugins and its own pool.

import { beforeAll, describe, expect, test } from 'vitest'
import { sealedTest, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const config = `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

export default defineConfig({
  plugins: [nsbox()],
  test: {
    projects: [
      { test: { name: 'alone', include: ['alone/*.test.ts'], pool: 'nsbox', env: { WHOSE: 'alone' } } },
      { extends: true, test: { name: 'extending', include: ['extending/*.test.ts'], pool: 'nsbox', env: { WHOSE: 'extending' } } },
      { test: { name: 'dom', include: ['dom/*.test.ts'], pool: 'nsbox', environment: 'jsdom' } },
      { test: { name: 'forks', include: ['forks/*.test.ts'], pool: 'forks' } },
      './nested',
    ],
  },
})
`
const whose = (name: string) => testFile(`test('its own environment', () => { expect(process.env['WHOSE']).toBe('${name}') })`)

const mixedConfig = (pools: string[]) => `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

const projects = ${JSON.stringify(pools)}.map((pool) => ({ test: { name: pool, include: [pool + '/*.test.ts'], pool, env: { POOL: pool } } }))
export default defineConfig({ plugins: [nsbox()], test: { projects } })
`
const where = testFile(`import { hostname } from 'node:os'; import { isMainThread } from 'node:worker_threads'
const pool = process.env['POOL']
test('tells', () => { process.stdout.write('told ' + pool + ' ' + JSON.stringify({ sealed: hostname() === 'nsbox', thread: !isMainThread }) + '\\n') })
test('fails', () => { expect(pool).toBe('another') })
test.skip('is skipped', () => {})`)

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': config,
    'alone/sealed.test.ts': sealedTest,
    'alone/env.test.ts': whose('alone'),
    'extending/sealed.test.ts': sealedTest,
    'extending/env.test.ts': whose('extending'),
    'dom/dom.test.ts': testFile(`test('document', () => { expect(document.body.tagName).toBe('BODY') })`),
    'forks/forks.test.ts': testFile(`import { hostname } from 'node:os'
test('not sealed', () => { expect(hostname()).not.toBe('nsbox') })`),
    'nested/vitest.config.ts': `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'
export default defineConfig({ plugins: [nsbox({ hostname: 'nested' })], test: { name: 'nested', pool: 'nsbox' } })`,
    'nested/nested.test.ts': testFile(`import { hostname } from 'node:os'
test('its own options', () => { expect(hostname()).toBe('nested') })`),
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test.each([
    ['an inline project that extends nothing', 'alone/sealed.test.ts > sealed'],
    ['its environment variables', 'alone/env.test.ts > its own environment'],
    ['an inline project that extends the root', 'extending/sealed.test.ts > sealed'],
    ['its environment variables too', 'extending/env.test.ts > its own environment'],
    ['a project with jsdom', 'dom/dom.test.ts > document'],
    ['a forks project beside them', 'forks/forks.test.ts > not sealed'],
    ['a project with a config file and a nsbox() of its own', 'nested/nested.test.ts > its own options'],
  ])('%s', (_, name) => {
    expect(run.failures[name], run.output).toBeUndefined()
    expect(run.tests[name], run.output).toBe('passed')
  })

  test('all of them in one run', () => {
    expect(run.exitCode, run.output).toBe(0)
    expect(Object.keys(run.tests)).toHaveLength(7)
    expect(run.output, 'vitest 5 warns of a plugin that is there twice').not.toContain('multiple times')
  })

  describe('other pools beside nsbox', () => {
    const pools = ['nsbox', 'forks', 'threads', 'vmThreads', 'vmForks']
    const mixed = seedSuite(version, {
      'vitest.config.ts': mixedConfig(pools),
      ...Object.fromEntries(pools.map((pool) => [`${pool}/where.test.ts`, where])),
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(mixed, ['--reporter=junit', `--outputFile.junit=${mixed.scratch}/junit.xml`])
    })

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
      expect(mixed.read('../scratch/junit.xml')).toMatch(
        new RegExp(`<testsuite name="${file}"[^>]* tests="3" failures="1" errors="0" skipped="1"`),
      )
    })

    test('and counted once', () => {
      expect(Object.keys(run.tests)).toHaveLength(3 * pools.length)
      expect(run.stdout).toMatch(/Tests +5 failed \| 5 passed \| 5 skipped \(15\)/)
      expect(run.exitCode).toBe(1)
    })

    test('one of them is chosen by name', async () => {
      const one = await vitestRun(mixed, ['--project=nsbox', '-t', 'tells'])
      expect(one.exitCode, one.output).toBe(0)
      expect(Object.keys(one.files)).toEqual(['nsbox/where.test.ts'])
    })
  })
})
