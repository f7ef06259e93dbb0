// Modules that a test writes or changes: they are what they would be with forks, and only where they were written.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

describe.each(vitestVersions)('$name', (version) => {
  let forks: VitestRun
  let sealed: VitestRun

  beforeAll(async () => {
    const [first, second] = [seedSuite(version, fixture('fresh-modules')), seedSuite(version, fixture('fresh-modules'))]
    ;[forks, sealed] = await Promise.all([vitestRun(first, ['--pool=forks', 'test/']), vitestRun(second, ['--pool=nsbox'])])
  })

  test('in forks all of these pass', () => {
    expect(forks.failures).toEqual({})
    expect(Object.keys(forks.tests).length).toBeGreaterThan(25)
  })

  test('sealed they pass as well', () => {
    expect(sealed.failures).toEqual({})
    expect(sealed.tests).toMatchObject(forks.tests)
  })

  test('what one file changes of the project no other sees', () => {
    const { tests } = sealed
    expect(Object.entries(tests).filter(([name]) => name.startsWith('sealed/'))).toHaveLength(5)
  })
})
