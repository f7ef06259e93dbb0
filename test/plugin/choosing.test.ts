// Which tests run, and in which way: what vitest's command line asks for holds in sandboxes too.

import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { needProgram } from '../support/programs.ts'
import { nsboxConfig, type Project, sealedTest, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

const config = nsboxConfig({
  test: `pool: 'nsbox', runner: './runner.ts', tags: [{ name: 'quick' }], typecheck: { include: ['types.test-d.ts'] }`,
})

const files: Record<string, string> = {
  'package.json': '{ "type": "module" }\n',
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "module": "nodenext", "skipLibCheck": true }, "include": ["types.test-d.ts"] }\n',
  '.gitignore': 'node_modules\n',
  'runner.ts': `import { TestRunner } from 'vitest'
export default class extends TestRunner { onBeforeRunTask(task) { globalThis.ownRunner = task.name; return super.onBeforeRunTask?.(task) } }\n`,
  'value.ts': 'export const value = 1\n',
  'affected.test.ts': testFile(`import { value } from './value'; test('value', () => { expect(value).toBe(2) })`),
  'sealed.test.ts': sealedTest,
  'mode.test.ts': testFile(
    `test('mode', { tags: ['quick'] }, () => { expect(import.meta.env.MODE).toBe('staging') }); test('slow', () => {})`,
  ),
  'runner.test.ts': testFile(`test('known to the runner', () => { expect(globalThis.ownRunner).toBe('known to the runner') })`),
  'only.test.ts': testFile(`test.only('chosen', () => {}); test('left out', () => { throw new Error('ran') })`),
  'native.test.ts': testFile(`import { value } from './value.ts'; vi.mock('./value.ts', () => ({ value: 'mocked' }))
test('mocked', () => { expect(value).toBe('mocked') })`),
  'types.test-d.ts': `import { expectTypeOf, test } from 'vitest'
test('right', () => { expectTypeOf<string>().toEqualTypeOf<string>() })
test('wrong', () => { expectTypeOf<string>().toEqualTypeOf<number>() })\n`,
}

/** A repository of the project, in which one file has changed since the commit. */
function changeAfterCommit(project: Project): void {
  const identity = ['-c', 'user.name=a test', '-c', 'user.email=test@localhost']
  const git = (...words: string[]) => execFileSync('git', [...identity, ...words], { cwd: project.root })
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'all of it')
  project.write('value.ts', 'export const value = 2\n')
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, { 'vitest.config.ts': config, ...files })

  test('--changed runs what a changed file affects', async (context) => {
    needProgram(context, 'git')
    const own = seedTest(version, { 'vitest.config.ts': config, ...files })
    changeAfterCommit(own)
    const run = await vitestRun(own, ['--changed', '--exclude=native.test.ts'])
    expect(run, run.output).toMatchObject({ exitCode: 0, tests: { 'affected.test.ts > value': 'passed' } })
    expect(Object.keys(run.files)).toEqual(['affected.test.ts'])
  })

  test('related', async () => {
    project.write('value.ts', 'export const value = 2\n')
    const run = await vitestRun(project, ['related', 'value.ts', '--run', '--exclude=native.test.ts'])
    expect(run, run.output).toMatchObject({ exitCode: 0, tests: { 'affected.test.ts > value': 'passed' } })
    expect(Object.keys(run.files)).toEqual(['affected.test.ts'])
  })

  test('--tags-filter, --mode, and a runner of one’s own', async () => {
    const run = await vitestRun(project, ['--mode=staging', '--tags-filter=quick', 'mode'])
    expect(run, run.output).toMatchObject({ exitCode: 0 })
    expect(run.tests).toMatchObject({ 'mode.test.ts > mode': 'passed', 'mode.test.ts > slow': expect.not.stringMatching('passed') })
    expect((await vitestRun(project, ['runner.test'])).tests).toEqual({ 'runner.test.ts > known to the runner': 'passed' })
  })

  test('--allowOnly', async () => {
    const allowed = await vitestRun(project, ['--allowOnly', 'only'])
    expect(allowed, allowed.output).toMatchObject({ exitCode: 0, tests: { 'only.test.ts > chosen': 'passed' } })
    const denied = await vitestRun(project, ['--no-allowOnly', 'only'])
    expect(denied.exitCode).toBe(1)
    expect(denied.output).toContain('Unexpected .only modifier')
  })

  test('--passWithNoTests', async () => {
    expect((await vitestRun(project, ['--passWithNoTests', 'nothing-of-this-name'])).exitCode).toBe(0)
  })

  test('--typecheck beside tests that run', async () => {
    const run = await vitestRun(project, [
      '--typecheck',
      `--typecheck.checker=${project.root}/node_modules/typescript/bin/tsc`,
      'sealed',
      'types',
    ])
    expect(run.tests, run.output).toEqual({
      'sealed.test.ts > sealed': 'passed',
      'types.test-d.ts > types.test-d.ts > right': 'passed',
      'types.test-d.ts > types.test-d.ts > wrong': 'failed',
    })
  })

  test('modules that node imports itself, and their mocks', async () => {
    const run = await vitestRun(project, ['--experimental.viteModuleRunner=false', 'native', 'sealed'])
    expect(run.tests, run.output).toEqual({ 'native.test.ts > mocked': 'passed', 'sealed.test.ts > sealed': 'passed' })
  })
})

describe.each(vitestVersions.filter(({ name }) => name === 'vitest 5'))('$name', (version) => {
  test('--lastFailed, and --sinceLastRun by what each file has loaded', async () => {
    const project = seedTest(version, {
      'value.ts': 'export const value = 1\n',
      'loads.test.ts': testFile(
        `test('loads', async () => { const name = './value'; expect((await import(name + '.ts')).value).toBeGreaterThan(0) })`,
      ),
      'fails.test.ts': testFile(`test('fails', () => { expect(1).toBe(2) })`),
      'passes.test.ts': testFile(`test('passes', () => {})`),
    })
    const all = await vitestRun(project, ['--experimental.recordDependencies'])
    expect(Object.keys(all.files), all.output).toHaveLength(3)
    const failed = await vitestRun(project, ['--lastFailed'])
    expect(Object.keys(failed.files), failed.output).toEqual(['fails.test.ts'])
    project.write('value.ts', 'export const value = 2\n')
    const since = await vitestRun(project, ['--sinceLastRun'])
    expect(Object.keys(since.files).sort(), since.output).toEqual(['fails.test.ts', 'loads.test.ts'])
  })
})
