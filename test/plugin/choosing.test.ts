// Which tests run, and in which way: what vitest's command line asks for holds in sandboxes too.

import { execFileSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { isOnPath, needProgram } from '../support/programs.ts'
import { fixture, type Project, sealedTest, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type RunInTurn, vitestRuns } from '../support/vitest-runs.ts'

const files: Record<string, string> = {
  ...fixture('choosing'),
  'package.json': '{ "type": "module" }\n',
  'tsconfig.json':
    '{ "compilerOptions": { "strict": true, "module": "nodenext", "skipLibCheck": true }, "include": ["types.test-d.ts"] }\n',
  '.gitignore': 'node_modules\n',
  'sealed.test.ts': sealedTest,
  // One of its types is wrong on purpose.
  'types.test-d.ts': `import { expectTypeOf, test } from 'vitest'
test('right', () => { expectTypeOf<string>().toEqualTypeOf<string>() })
test('wrong', () => { expectTypeOf<string>().toEqualTypeOf<number>() })\n`,
}

/** A repository of the project, without a change since its commit. */
function commit({ root }: Project): void {
  const identity = ['-c', 'user.name=a test', '-c', 'user.email=test@localhost']
  const git = (...words: string[]) => execFileSync('git', [...identity, ...words], { cwd: root })
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'all of it')
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)
  let runs: Record<'chosen' | 'refused' | 'related' | 'changed', RunInTurn>
  beforeAll(async () => {
    if (isOnPath('git')) commit(project)
    project.write('value.ts', 'export const value = 2\n')
    const [chosen, refused, related, changed] = await vitestRuns(project, [
      ['--mode=staging', '--tags-filter=quick', '--allowOnly', 'mode', 'only', 'runner.test'],
      [
        '--no-allowOnly',
        '--experimental.viteModuleRunner=false',
        '--typecheck',
        `--typecheck.checker=${project.root}/node_modules/typescript/bin/tsc`,
        ...['native', 'only', 'sealed', 'types'],
      ],
      ['related', 'value.ts', '--run'],
      ...(isOnPath('git') ? [['--changed']] : []),
    ])
    runs = { chosen, refused, related, changed } as typeof runs
  })

  test('--changed runs what a changed file affects', (context) => {
    needProgram(context, 'git')
    const { changed } = runs
    expect(changed, changed.output).toMatchObject({ exitCode: 0, tests: { 'affected.test.ts > value': 'passed' } })
    expect(Object.keys(changed.files)).toEqual(['affected.test.ts'])
  })

  test('related', () => {
    const { related } = runs
    expect(related, related.output).toMatchObject({ exitCode: 0, tests: { 'affected.test.ts > value': 'passed' } })
    expect(Object.keys(related.files)).toEqual(['affected.test.ts'])
  })

  test('--tags-filter, and --mode', () => {
    const { chosen } = runs
    expect(chosen.exitCode, chosen.output).toBe(0)
    expect(chosen.tests).toMatchObject({ 'mode.test.ts > mode': 'passed', 'mode.test.ts > slow': expect.not.stringMatching('passed') })
  })

  test('--allowOnly, and a runner of the project’s own', () => {
    const { chosen, refused } = runs
    expect(chosen.tests, chosen.output).toMatchObject({
      'only.test.ts > chosen': 'passed',
      'only.test.ts > left out': expect.not.stringMatching('passed'),
      'runner.test.ts > known to the runner': 'passed',
    })
    expect(refused.exitCode).toBe(1)
    expect(refused.output).toContain('Unexpected .only modifier')
  })

  test('--typecheck beside tests that run', () => {
    const { refused } = runs
    const typed = Object.entries(refused.tests).filter(([name]) => name.startsWith('types'))
    expect(Object.fromEntries(typed), refused.output).toEqual({
      'types.test-d.ts > types.test-d.ts > right': 'passed',
      'types.test-d.ts > types.test-d.ts > wrong': 'failed',
    })
    expect(refused.tests['sealed.test.ts > sealed']).toBe('passed')
  })

  test('modules that node imports itself, and their mocks', () => {
    const { refused } = runs
    expect(refused.tests, refused.output).toMatchObject({ 'native.test.ts > mocked': 'passed', 'sealed.test.ts > sealed': 'passed' })
    const names = ['native.test.ts', 'only.test.ts', 'sealed.test.ts', 'types.test-d.ts']
    expect(Object.keys(refused.files).sort()).toEqual(names)
  })
})

describe.each(vitestVersions.filter(({ name }) => name === 'vitest 5'))('$name', (version) => {
  const project = seedSuite(version, {
    ...fixture('last-run'),
    'fails.test.ts': testFile(`test('fails', () => { expect(1).toBe(2) })`),
    'passes.test.ts': testFile(`test('passes', () => {})`),
  })

  test('--lastFailed, and --sinceLastRun by what each file has loaded', async () => {
    const [all, failed] = await vitestRuns(project, [['--experimental.recordDependencies'], ['--lastFailed']])
    expect(Object.keys(all?.files ?? {}), all?.output).toHaveLength(3)
    expect(Object.keys(failed?.files ?? {}), failed?.output).toEqual(['fails.test.ts'])
    project.write('value.ts', 'export const value = 2\n')
    const [since] = await vitestRuns(project, [['--sinceLastRun']])
    expect(Object.keys(since?.files ?? {}).sort(), since?.output).toEqual(['fails.test.ts', 'loads.test.ts'])
  })
})
