// Modules that a test writes or changes: they are what they would be with forks, and only where they were written.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** The same project with `nsboxPool()` for vitest's option `pool`. */
function withPoolAlone(files: Record<string, string>): Record<string, string> {
  const config = (files['vitest.config.ts'] as string)
    .replace('import { nsbox }', 'import { nsboxPool }')
    .replace('nsbox({ report: false }), ', '')
    .replace('test: {', 'test: { pool: nsboxPool({ report: false }),')
  return { ...files, 'vitest.config.ts': config }
}

describe.each(vitestVersions)('$name', (version) => {
  let forks: VitestRun
  let sealed: VitestRun
  let alone: VitestRun

  beforeAll(async () => {
    const files = fixture('fresh-modules')
    const [first, second, third] = [seedSuite(version, files), seedSuite(version, files), seedSuite(version, withPoolAlone(files))]
    ;[forks, sealed] = await Promise.all([vitestRun(first, ['--pool=forks', 'test/']), vitestRun(second, ['--pool=nsbox'])])
    alone = await vitestRun(third)
  })

  test('in forks all of these pass', () => {
    expect(forks.failures).toEqual({})
    expect(Object.keys(forks.tests).length).toBeGreaterThan(25)
  })

  test('sealed they pass as well', () => {
    expect(sealed.failures).toEqual({})
    expect(sealed.tests).toMatchObject(forks.tests)
  })

  test('sealed by the pool alone they pass as well, without the plugin', () => {
    expect(alone.failures).toEqual({})
    expect(alone.tests).toEqual(sealed.tests)
  })

  test('what one file changes of the project no other sees', () => {
    const { tests } = sealed
    expect(Object.entries(tests).filter(([name]) => name.startsWith('sealed/'))).toHaveLength(5)
  })
})
