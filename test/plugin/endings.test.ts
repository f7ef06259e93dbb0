// Files that end badly: each is a clear failure that names the file and the cause, and the others stand.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { fixture, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('endings')
const passes = testFile(`test('passes', () => {})`)

/** Workers that vanish, and what the run says about each. */
const endings: [file: string, said: RegExp][] = [
  ['segfault.test.ts', /segfault\.test\.ts: .*SIGSEGV \(segmentation fault\)/],
  ['abort.test.ts', /abort\.test\.ts: .*SIGABRT \(abort\)/],
  ['killed.test.ts', /killed\.test\.ts: .*SIGKILL/],
  ['reallyexit.test.ts', /reallyexit\.test\.ts: .*exit code 4/],
  ['heap.test.ts', /heap\.test\.ts: .*out of V8 heap memory/],
  ['loop.test.ts', /loop\.test\.ts: .*event loop has been blocked/],
]

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...seeded,
    'vanish/good-b.test.ts': passes,
    'words/import.test.ts': testFile(`throw new Error('thrown at import')`),
    'words/missing.test.ts': testFile(`import './not-there.ts'; test('never runs', () => {})`),
    'words/syntax.test.ts': 'const = 1\n',
    'words/good.test.ts': passes,
    'late/good.test.ts': passes,
    'throwing/good.test.ts': passes,
    'unisolated/a.test.ts': passes,
    'unisolated/d.test.ts': passes,
    'unisolated/e.test.ts': passes,
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test('one error for each file that vanishes, ends late or does not start, exit code 1, and nothing is left running', async () => {
    expect(run.output).toMatch(new RegExp(`Errors +${endings.length + 8} errors`))
    expect(run.exitCode).toBe(1)
    await expectNothingRuns(project)
  })

  describe('files that end in the middle', () => {
    test.each(endings)('a worker that vanishes: %s', (file, said) => {
      expect(run.stderr).toMatch(said)
      expect(Object.entries(run.tests).filter(([name, status]) => name.startsWith(`vanish/${file}`) && status !== 'pending')).toEqual([])
    })

    test.each([
      ['process.exit(3)', 'exit.test.ts', /process\.exit unexpectedly called with "3"/],
      ['an error at import', 'import.test.ts', /thrown at import/],
      ['a module that is not there', 'missing.test.ts', /not-there\.ts/],
      ['a syntax error', 'syntax.test.ts', /syntax\.test\.ts/],
      ['an error in afterAll', 'teardown.test.ts', /thrown in afterAll/],
    ])('a failure in vitest’s own words: %s', (_, file, said) => {
      expect(run.stderr).toMatch(said)
      expect(run.stderr).toContain(`words/${file}`)
    })

    test('the other files keep their results', () => {
      expect(run.tests).toMatchObject({
        'vanish/good-a.test.ts > passes': 'passed',
        'vanish/good-a.test.ts > fails': 'failed',
        'vanish/good-b.test.ts > passes': 'passed',
        'words/good.test.ts > passes': 'passed',
      })
    })
  })

  describe('files that end too late or too early', () => {
    test('crashes after the last test are reported and hold nothing up', () => {
      expect(run.tests).toMatchObject({ 'late/good.test.ts > passes': 'passed', 'late/a-environment.test.ts > passes': 'passed' })
      expect(run.stderr).toMatch(/a-environment\.test\.ts: .*SIGSEGV/)
      expect(run.stderr).toMatch(/hook\.test\.ts: .*SIGSEGV/)
    })

    test('an environment that throws is named, and holds nobody up', () => {
      for (const name of ['error', 'text', 'object']) expect(run.stderr).toMatch(new RegExp(`Failed to start .*/${name}\\.test\\.ts`))
      expect(run.stderr).toContain('TypeError: the reason')
      expect(run.stderr).not.toContain('Unhandled Rejection')
      expect(run.tests).toMatchObject({ 'throwing/good.test.ts > passes': 'passed' })
    })

    test('without isolation the files after one that crashed have another worker', () => {
      expect(run.stderr).toMatch(/unisolated\/b\.test\.ts: .*SIGKILL/)
      expect(run.stderr).toMatch(/unisolated\/c\.test\.ts: .*SIGKILL/)
      for (const name of ['a', 'd', 'e']) expect(run.tests[`unisolated/${name}.test.ts > passes`], run.output).toBe('passed')
    })
  })

  test('a worker whose tests are over and that never says that it is done is ended', () => {
    expect(run.stderr).toMatch(/unfinished\/import\.test\.ts: the tests have been over for 6 s/)
    expect(run.tests['unfinished/import.test.ts > nobody waits for its import, but vitest does'], run.output).toBe('passed')
  })

  test('hangTimeout: 0 leaves a slow file alone, and a test that only waits is no hang', () => {
    expect(run.tests).toMatchObject({ 'patient/slow.test.ts > blocks for a while': 'passed', 'asked/waits.test.ts > waits': 'passed' })
    expect(run.stderr).not.toMatch(/(patient|asked)\//)
  })
})
