// `nsbox vitest` says what vitest's own command says.

import { describe, expect, test } from 'vitest'
import { nsbox } from '../support/command.ts'
import { sealedTest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const env = { NO_COLOR: '1' }

/** Sorted: vitest looks several projects up at once, and lists first what it has found first. The last item of JSON has no comma. */
const lines = (list: string) => list.split(/,?\n/).sort()

describe.each(vitestVersions)('$name', (version) => {
  describe('list', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': `if (process.env.VITEST !== 'true' || process.env.NODE_ENV !== 'test') throw new Error('not in a test run')
export default { test: { projects: [
  { test: { name: 'one', include: ['a.test.ts'] } },
  './packages/two',
] } }\n`,
      'a.test.ts': testFile(`describe('suite', () => {
  test('first', () => {})
  test('second', () => {})
})
test.skip('skipped', () => {})`),
      'packages/two/vitest.config.ts': "export default { test: { name: 'two' } }\n",
      'packages/two/b.test.ts': testFile(`test('third', () => {})`),
    })
    const words = (args: string[]) => nsbox(['vitest', ...args], { cwd: project.root, home: project.home, env, killAfter: 60_000 })

    test.each([
      ['all', []],
      ['at a line', ['a.test.ts:2']],
      ['at a line without a test', ['a.test.ts:99']],
      ['at a file that is not there', ['missing:1']],
      ['by name', ['-t', 'first']],
      ['as JSON', ['--json', '--includeTaskLocation']],
      ['files only', ['--filesOnly']],
      ['without running', ['--static-parse']],
    ])('%s', async (_, args) => {
      const [ours, theirs] = await Promise.all([words(['list', ...args]), vitestRun(project, ['list', ...args], { env })])
      expect(lines(ours.stdout)).toEqual(lines(theirs.stdout))
      expect(firstLines(ours.stderr)).toEqual(firstLines(theirs.stderr))
      expect(ours.exitCode).toBe(theirs.exitCode)
    })

    test('a JSON file is written below the root', async () => {
      expect(await words(['list', '--root=packages/two', '--json=lists/tests.json'])).toMatchObject({ exitCode: 0, stdout: '' })
      expect(JSON.parse(project.read('packages/two/lists/tests.json'))).toMatchObject([{ name: 'third' }])
    })
  })

  test('a file whose tests cannot be collected is told, with its place, and no list is printed', async () => {
    const { root, home } = seedTest(version, {
      'vitest.config.ts': 'export default {}\n',
      'broken.test.ts': testFile(`describe('suite', () => { throw new Error('thrown while collecting') })`),
      'good.test.ts': testFile(`test('passes', () => {})`),
    })
    const run = await nsbox(['vitest', 'list', '--no-static-parse'], { cwd: root, home, env, killAfter: 60_000 })
    expect(run).toMatchObject({ exitCode: 1, stdout: '' })
    expect(run.stderr).toContain('thrown while collecting')
    expect(run.stderr).toContain('broken.test.ts:1')
  })

  test('a config that has a pool is sealed all the same', async () => {
    const { root, home } = seedTest(version, {
      'vitest.config.ts': "export default { test: { pool: 'threads' } }\n",
      'a.test.ts': sealedTest,
    })
    const run = await nsbox(['vitest', 'run'], { cwd: root, home, env, killAfter: 60_000 })
    expect(run.exitCode, run.stdout + run.stderr).toBe(0)
  })

  test.each(['forks', 'threads', 'vmThreads'])('projects that have the pool %s are sealed all the same', async (pool) => {
    const { root, home } = seedTest(version, {
      'vitest.config.ts': `export default { test: { pool: '${pool}', projects: [
  { test: { name: 'one', include: ['a.test.ts'], pool: '${pool}' } },
  { extends: true, test: { name: 'two', include: ['a.test.ts'] } },
  './packages/three',
] } }\n`,
      'a.test.ts': sealedTest,
      'packages/three/vitest.config.ts': `export default { test: { name: 'three', pool: '${pool}' } }\n`,
      'packages/three/b.test.ts': sealedTest,
    })
    const run = await nsbox(['vitest', 'run'], { cwd: root, home, env, killAfter: 60_000 })
    expect(run.exitCode, run.stdout + run.stderr).toBe(0)
    expect(run.stdout).toMatch(/Tests +3 passed/)
  })

  test('a config that throws is told with its place', async () => {
    const { root, home } = seedTest(version, { 'vitest.config.ts': `throw new Error('thrown by the config')\n` })
    const run = await nsbox(['vitest', 'run'], { cwd: root, home, env, killAfter: 60_000 })
    expect(run.stderr).toMatch(/Startup Error.*thrown by the config.*vitest\.config\.ts/s)
    expect(run.exitCode).toBe(1)
  })
})

/** Of each error, what was said and not from where. */
function firstLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^\w*Error: /.test(line) || /Error [⎯]/.test(line))
    .map((line) => line.replaceAll('⎯', ''))
}
