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
})
