// Coverage outlives the sandbox, and its figures are those of forks.

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { fixture, nsboxConfig, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

/** A function, another one and a file that are not covered, and two files of tests. */
const shapes = fixture('covered/shapes')

function below(directory: string, files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([path, content]) => [`${directory}/${path}`, content]))
}

function contentsBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return entries.map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}

describe.each(vitestVersions)('$name', (version) => {
  test('a link that a test puts in the place of a report leads nowhere', async () => {
    const project = seedTest(version, {
      ...below('src', shapes),
      'links.test.ts': testFile(`import { symlinkSync } from 'node:fs'
import { area } from './src/src/shapes'
test('links', () => {
  expect(area({ kind: 'square', size: 2 })).toBe(4)
  for (const name of ['coverage-summary.json', '.tmp/coverage-0.json']) symlinkSync(import.meta.dirname + '/../victim', 'coverage/' + name)
})`),
    })
    const victim = join(project.root, '../victim')
    writeFileSync(victim, 'mine')
    const run = await vitestRun(project, ['--pool=nsbox', '--coverage', '--coverage.reporter=json-summary', '--coverage.include=src/**'])
    expect(readFileSync(victim, 'utf8')).toBe('mine')
    expect(run.exitCode, run.output).toBe(0)
    expect(project.read('coverage/coverage-summary.json')).toContain('shapes.ts')
  })

  test('coverage that a worker claims to have written elsewhere is not read', async () => {
    const project = seedTest(version, {
      'channel.ts': fixture('forged')['channel.ts'] as string,
      'elsewhere.test.ts': testFile(`import { call, wait } from './channel'
test('claims', async () => {
  call('onAfterSuiteRun', { environment: 'ssr', testFiles: ['elsewhere.test.ts'], coverage: '/etc/passwd' })
  await wait()
}, 60_000)`),
      'other.test.ts': testFile(`test('goes on', () => {})`),
    })
    const run = await vitestRun(project, ['--pool=nsbox', '--coverage', '--coverage.reporter=json-summary'])
    expect(run.tests['other.test.ts > goes on']).toBe('passed')
    expect(run.output).toContain('elsewhere.test.ts: the worker sent coverage')
    expect(run.output).not.toMatch(/root:x|valid JSON/)
  })

  test.each(['v8', 'istanbul'])(
    '%s: what no provider writes fails its own file; what the sandbox does not see is left out',
    async (provider) => {
      const secrets = mkdtempSync(join(tmpdir(), 'secrets-'))
      onTestFinished(() => rmSync(secrets, { recursive: true }))
      for (const name of ['secret.js', 'secret.txt']) writeFileSync(join(secrets, name), 'export const secret = "a secret of the host"')
      // vitest 5 has JSON of it in a file, vitest 4 has objects.
      const skipped = version.name === 'vitest 5' ? 'shared' : 'text'
      const { [`${skipped}.test.ts`]: _, ...forged } = fixture('covered/forged')
      const project = seedTest(version, {
        ...below('src', shapes),
        ...below('covered/forged', forged),
        'forged/channel.ts': fixture('forged')['channel.ts'] as string,
      })
      const run = await vitestRun(
        project,
        [
          '--pool=nsbox',
          '--coverage',
          '--coverage.allowExternal',
          '--coverage.reportOnFailure',
          '--coverage.reporter=html',
          '--coverage.reporter=json',
          `--coverage.provider=${provider}`,
        ],
        { env: { SECRETS: secrets, PROVIDER: provider, VITEST_MAJOR: version.name === 'vitest 5' ? '5' : '4' } },
      )
      expect(run.tests).toMatchObject({
        'src/square.test.ts > square': 'passed',
        'covered/forged/hidden.test.ts > names hidden files': 'passed',
      })
      for (const name of ['shape', 'counts', skipped === 'text' ? 'shared' : 'text'])
        expect(run.output).toContain(`/${name}.test.ts: the worker sent coverage in a shape that its provider does not write`)
      expect(run.output).not.toMatch(/TypeError|SyntaxError/)
      expect(project.read('coverage/coverage-final.json')).toContain('shapes.ts')
      expect(contentsBelow(join(project.root, 'coverage')).filter((text) => text.includes('a secret of the host'))).toEqual([])
    },
  )

  describe('the figures', () => {
    // Vite makes several lines of it: figures of lines are right where its source map was followed.
    const dense = { ...shapes, 'src/shapes.ts': (shapes['src/shapes.ts'] as string).replaceAll('\n', ' ') }
    const project = seedSuite(version, {
      ...fixture('covered/pools'),
      ...below('nsbox', dense),
      ...below('ruled', dense),
      ...below('forks', dense),
      ...below('children', fixture('covered/children')),
      'children.config.ts': nsboxConfig(),
    })
    const providers = ['v8', 'istanbul']
    const ofChildren = [
      '--config=children.config.ts',
      '--coverage.enabled',
      '--coverage.autoAttachSubprocess',
      '--coverage.include=children/src/**',
      '--coverage.reporter=json-summary',
      '--coverage.reportsDirectory=of-children',
      'children',
    ]
    let runs: Record<string, RunInTurn | undefined>
    beforeAll(async () => {
      const lines = providers.map((provider) => [`--coverage.provider=${provider}`, `--coverage.reportsDirectory=of-${provider}`])
      const [v8, istanbul, children] = await vitestRuns(project, version.name === 'vitest 5' ? [...lines, ofChildren] : lines)
      runs = { v8, istanbul, children }
    })

    /** The summary of each file, by its path in the project, and the total. */
    function summary(run: string): Record<string, { functions: { total: number; covered: number } }> {
      expect(runs[run]?.exitCode, runs[run]?.output).toBe(0)
      const files = Object.entries(JSON.parse(project.read(`of-${run}/coverage-summary.json`)))
      return Object.fromEntries(files.map(([path, figures]) => [path.replace(`${project.root}/`, ''), figures])) as ReturnType<
        typeof summary
      >
    }

    test.each(providers)('%s', (provider) => {
      const figures = summary(provider)
      const of = (pool: string) => ({ shapes: figures[`${pool}/src/shapes.ts`], untested: figures[`${pool}/src/untested.ts`] })
      expect(of('nsbox')).toEqual(of('forks'))
      expect(of('ruled')).toEqual(of('forks'))
      expect(of('nsbox')).toMatchObject({
        shapes: { functions: { total: 2, covered: 1 } },
        untested: { functions: { total: 1, covered: 0 } },
      })
      expect(Object.keys(figures)).toHaveLength(7)
    })

    test.runIf(version.name === 'vitest 5')('of programs and threads that tests start', () => {
      expect(summary('children')).toMatchObject({ total: { functions: { total: 4, covered: 2 } } })
    })
  })

  test('turned on while vitest watches, and again right after', async () => {
    // More files than workers: sandboxes are forked ahead of the second round.
    const { root, home } = seedTest(version, {
      ...shapes,
      'again.test.ts': shapes['square.test.ts'] as string,
      ...fixture('covered/watch'),
    })
    const env = { PATH: dirname(process.execPath), HOME: home, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)(process.execPath, ['drive.mjs'], { cwd: root, env, timeout: 60_000 })
    expect(stdout).toMatch(/^round 1 1 $/m)
    expect(stdout).toMatch(/^round 2 1 $/m)
  })
})
