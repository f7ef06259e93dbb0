// Tests in a sandbox have everything that vitest's own workers give them.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const passing = fixture('features/passing')
const passingTests = Object.keys(passing).filter((file) => file.endsWith('.test.ts'))

describe.each(vitestVersions)('$name', (version) => {
  describe('a suite that passes', () => {
    const project = seedSuite(version, passing)
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test.each(passingTests)('%s', (file) => {
      expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
      expect(run.files[file], run.output).toBe('passed')
    })

    test('modules that a test writes and imports; the host, which transforms modules, never has them', () => {
      const names = Object.keys(run.tests).filter((name) => name.startsWith('tests/writes.test.ts'))
      expect(names, run.output).toHaveLength(9)
      expect(project.list()).not.toContain('made')
    })

    test('a module that a test has changed is imported as it is now', () => {
      expect(run.tests, run.output).toMatchObject({ 'tests/changes.test.ts > changed': 'passed' })
      expect(project.read('tests/value.ts')).toContain('as it was')
    })

    test('exit code 0, after the global teardown', () => {
      expect(run.exitCode, run.output).toBe(0)
      expect(run.stdout).toContain('global teardown')
    })
  })

  describe('a suite that fails', () => {
    const project = seedSuite(version, fixture('features/failing'))
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test('console output comes with the name of its test', () => {
      expect(run.stdout).toContain('stdout | console.test.ts > speaks\nby console.log\n')
      expect(run.stderr).toContain('stderr | console.test.ts > speaks\nby console.error\n')
    })

    test('what is written to the streams arrives', () => {
      expect(run.stdout).toContain('straight to stdout\n')
      expect(run.stderr).toContain('straight to stderr\n')
    })

    test('stack traces name the line and column of the source', () => {
      expect(run.stderr).toMatch(/Error: cannot measure 4\n ❯ measure trace\.test\.ts:10:9\n/)
      expect(run.stderr).toContain('❯ trace.test.ts:14:3')
    })

    test('a test that takes too long', () => {
      expect(run.tests['late.test.ts > waits for ever']).toBe('failed')
      expect(run.stderr).toContain('Test timed out in 50ms')
    })

    test('errors that nobody caught fail the run and name the file', () => {
      expect(run.tests['rejection.test.ts > looks well']).toBe('passed')
      expect(run.stderr).toMatch(/Unhandled Rejection[\s\S]*nobody caught me[\s\S]*originated in "rejection\.test\.ts"/)
      expect(run.stderr).toMatch(/Uncaught Exception[\s\S]*thrown by a timer[\s\S]*originated in "exception\.test\.ts"/)
      expect(run.exitCode).toBe(1)
    })
  })
})
