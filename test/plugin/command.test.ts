// `nsbox vitest` says what vitest's own command says.

import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nsbox } from '../support/command.ts'
import { withVitest } from '../support/doctor.ts'
import { fixture, nsboxConfig, oneVitest, sealedTest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const env = { NO_COLOR: '1' }

/** Sorted: vitest looks several projects up at once, and lists first what it has found first. The last item of JSON has no comma. */
const lines = (list: string) => list.split(/,?\n/).sort()

const byFile = (a: { file: string }, b: { file: string }) => a.file.localeCompare(b.file)

const inOne = ['[one] a.test.ts > suite > first', '[one] a.test.ts > suite > second']
const inTwo = '[two] b.test.ts > third'

describe.each(vitestVersions)('$name', (version) => {
  describe('list', () => {
    const project = seedSuite(version, fixture('listed'))
    const words = (args: string[]) => nsbox(['vitest', ...args], { cwd: project.root, home: project.home, env, killAfter: 60_000 })

    test('all', async () => {
      const [ours, theirs] = await Promise.all([words(['list']), vitestRun(project, ['list'], { env })])
      expect(lines(ours.stdout)).toEqual(lines(theirs.stdout))
      expect(lines(ours.stdout.trimEnd())).toEqual([...inOne, inTwo])
      expect(firstLines(ours.stderr)).toEqual(firstLines(theirs.stderr))
      expect(ours.exitCode).toBe(theirs.exitCode)
    })

    test('by name, as JSON', async () => {
      const { stdout, exitCode } = await words(['list', '-t', 'first|third', '--json', '--includeTaskLocation'])
      const [a, b] = ['a.test.ts', 'packages/two/b.test.ts'].map((file) => join(project.root, file))
      const first = { name: 'suite > first', file: a, projectName: 'one', location: { line: 4, column: 3 } }
      const third = { name: 'third', file: b, projectName: 'two', location: { line: 3, column: 1 } }
      expect(JSON.parse(stdout).toSorted(byFile)).toEqual([first, third])
      expect(exitCode).toBe(0)
    })

    test('without running', async () => {
      const { stdout, exitCode } = await words(['list', '--static-parse'])
      expect(lines(stdout.trimEnd())).toEqual([...inOne, inTwo])
      expect(exitCode).toBe(0)
    })

    const notFound =
      "LocationFilterFileNotFoundError: Couldn't find file missing. Note when specifying the test location you have to specify the full test filename."
    test.runIf(oneVitest.includes(version)).each([
      { name: 'at a line', args: ['a.test.ts:4'], listed: ['[one] a.test.ts > suite > first'] },
      { name: 'files only', args: ['--filesOnly'], listed: ['[one] a.test.ts', '[two] packages/two/b.test.ts'] },
      { name: 'at a line without a test', args: ['a.test.ts:99'], errors: ['Error: No test found in a.test.ts in line 99'] },
      { name: 'at a file that is not there', args: ['missing:1'], errors: [' Collect Error ', notFound] },
    ])("$name, as vitest's own list is", async ({ args, listed = [], errors = [] }) => {
      const { stdout, stderr, exitCode } = await words(['list', ...args])
      expect(lines(stdout.trimEnd())).toEqual(listed.length === 0 ? [''] : listed)
      expect(firstLines(stderr)).toEqual(errors)
      expect(exitCode).toBe(errors.length === 0 ? 0 : 1)
    })

    test('a JSON file is written below the root', async () => {
      expect(await words(['list', '--filesOnly', '--root=packages/two', '--json=lists/files.json'])).toMatchObject({
        exitCode: 0,
        stdout: '',
      })
      expect(JSON.parse(project.read('packages/two/lists/files.json'))).toMatchObject([
        { file: join(project.root, 'packages/two/b.test.ts') },
      ])
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

  test('options of the config apply, and those of the command line come before them', async () => {
    const { root, home } = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: "pool: 'forks'", options: "hostname: 'of-config', net: 'localhost'" }),
      'a.test.ts': testFile(`import { hostname, networkInterfaces } from 'node:os'
test('sealed', () => { expect([hostname(), Object.keys(networkInterfaces())]).toEqual(['of-config', ['lo', 'eth0']]) })`),
    })
    const run = await nsbox(['vitest', 'run', '--nsbox.net=none'], { cwd: root, home, env, killAfter: 60_000 })
    expect(run.exitCode, run.stdout + run.stderr).toBe(0)
  })

  test.each(['run --help', '--version'])('%s runs nothing', async (words) => {
    const { root, home } = seedTest(version, { 'a.test.ts': sealedTest })
    const { exitCode, stdout, stderr } = await nsbox(['vitest', ...words.split(' ')], { cwd: root, home, env, killAfter: 60_000 })
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toMatch(/^vitest\/\d/)
    expect(stdout).not.toContain('a.test.ts')
  })

  test('a pool on the command line is that pool: forks is forks, and nsbox is sealed', async () => {
    const unsealed = testFile(`import { hostname } from 'node:os'; test('unsealed', () => { expect(hostname()).not.toBe('nsbox') })`)
    const { root, home } = seedTest(version, { 'forks.test.ts': unsealed, 'nsbox.test.ts': sealedTest })
    const run = (...words: string[]) => nsbox(['vitest', 'run', ...words], { cwd: root, home, env, killAfter: 60_000 })
    const [forks, sealed] = await Promise.all([run('forks.test.ts', '--pool=forks'), run('nsbox.test.ts', '--pool', 'nsbox')])
    expect(forks.exitCode, forks.stdout + forks.stderr).toBe(0)
    expect(forks.stderr).toContain("nsbox: --pool=forks is vitest's own pool: the tests run without a sandbox\n")
    expect(sealed.exitCode, sealed.stdout + sealed.stderr).toBe(0)
  })

  test('options of nsbox with the pool of another are refused', async () => {
    const { root, home } = seedTest(version, { 'a.test.ts': sealedTest })
    const run = await nsbox(['vitest', 'run', '--pool=threads', '--nsbox.net=host'], { cwd: root, home, env })
    expect(run).toEqual({
      exitCode: 125,
      stdout: '',
      stderr: "nsbox vitest: --nsbox.net=host has no effect with --pool=threads, which is not nsbox's pool: remove one of the two\n",
    })
  })

  test('projects that have other pools are sealed all the same', async () => {
    // An inline project's own pool, one that it takes from the config that it extends, and that of a config file.
    const projects = [
      { test: { name: 'inline', include: ['a.test.ts'], pool: 'forks' } },
      { extends: './extended.config.ts', test: { name: 'extending', include: ['a.test.ts'] } },
      './package',
    ]
    const { root, home } = seedTest(version, {
      'vitest.config.ts': `export default { test: { pool: 'threads', projects: ${JSON.stringify(projects)} } }\n`,
      'a.test.ts': sealedTest,
      'extended.config.ts': `export default { test: { pool: 'threads' } }\n`,
      'package/vitest.config.ts': `export default { test: { name: 'package', pool: 'vmThreads' } }\n`,
      'package/b.test.ts': sealedTest,
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

test.each(['3.2.4', '5.0.0-beta.1', '6.0.0'])('vitest %s is refused before anything runs', async (found) => {
  const cwd = withVitest(found)
  const run = await nsbox(['vitest', 'run'], { cwd, home: cwd, env })
  expect(run).toEqual({
    exitCode: 125,
    stdout: '',
    stderr: `nsbox: This is vitest ${found}, and nsbox runs with vitest ^4.1 || ^5\n  hint: nsbox knows vitest ^4.1 || ^5. Run: npm install --save-dev vitest@5\n`,
  })
})

/** Of each error, what was said and not from where. */
function firstLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => /^\w*Error: /.test(line) || /Error [⎯]/.test(line))
    .map((line) => line.replaceAll('⎯', ''))
}
