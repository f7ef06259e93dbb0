// Files that end badly: each is a clear failure that names the file and the cause, and the others stand.

import { beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns } from '../support/vitest-left-behind.ts'
import { docblock, nsboxConfig, seedSuite, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** File, its source, and what the run says about it. */
const endings: [name: string, source: string, said: RegExp][] = [
  [
    'segfault.test.ts',
    testFile(`test('crashes', () => { process.kill(process.pid, 'SIGSEGV') })`),
    /segfault\.test\.ts: .*SIGSEGV \(segmentation fault\)/,
  ],
  ['abort.test.ts', testFile(`test('aborts', () => { process.abort() })`), /abort\.test\.ts: .*SIGABRT \(abort\)/],
  ['killed.test.ts', testFile(`test('kills itself', () => { process.kill(process.pid, 'SIGKILL') })`), /killed\.test\.ts: .*SIGKILL/],
  ['reallyexit.test.ts', testFile(`test('leaves', () => { process.reallyExit(4) })`), /reallyexit\.test\.ts: .*exit code 4/],
  [
    'heap.test.ts',
    testFile(`test('fills the heap', () => { const kept = []; for (;;) kept.push(new Array(1000).fill({ a: 1 })) })`),
    /heap\.test\.ts: .*out of V8 heap memory/,
  ],
  ['loop.test.ts', testFile(`test('never ends', () => { for (;;); })`), /loop\.test\.ts: .*event loop has been blocked/],
]

/** Makes vitest run a file first: it is reported while the others run, and not too late. */
const largest = `// ${'-'.repeat(2000)}\n`

describe.each(vitestVersions)('$name', (version) => {
  describe('workers that vanish', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': nsboxConfig({
        test: `pool: 'nsbox', maxWorkers: 2, execArgv: ['--max-old-space-size=40']`,
        options: 'hangTimeout: 2000',
      }),
      ...Object.fromEntries(endings),
      'good-a.test.ts': testFile(`test('passes', () => {}); test('fails', () => { expect(1).toBe(2) })`),
      'good-b.test.ts': testFile(`test('passes', () => {})`),
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test.each(endings)('%s', (file, _, said) => {
      expect(run.stderr).toMatch(said)
      expect(Object.entries(run.tests).filter(([name, status]) => name.startsWith(file) && status !== 'pending')).toEqual([])
    })

    test('one error for each, and no more', () => {
      expect(run.stdout + run.stderr).toMatch(new RegExp(`Errors +${endings.length} errors`))
    })

    test('the other files keep their results', () => {
      expect(run.tests).toMatchObject({
        'good-a.test.ts > passes': 'passed',
        'good-a.test.ts > fails': 'failed',
        'good-b.test.ts > passes': 'passed',
      })
    })

    test('exit code 1, and nothing is left running', async () => {
      expect(run.exitCode).toBe(1)
      await expectNothingRuns(project)
    })
  })

  describe('files that fail in vitest’s own words', () => {
    const project = seedSuite(version, {
      'exit.test.ts': testFile(`test('exits', () => { process.exit(3) })`),
      'import.test.ts': testFile(`throw new Error('thrown at import')`),
      'missing.test.ts': testFile(`import './not-there.ts'; test('never runs', () => {})`),
      'syntax.test.ts': 'const = 1\n',
      'teardown.test.ts': testFile(`afterAll(() => { throw new Error('thrown in afterAll') }); test('passes', () => {})`),
      'good.test.ts': testFile(`test('passes', () => {})`),
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test.each([
      ['process.exit(3)', 'exit.test.ts', /process\.exit unexpectedly called with "3"/],
      ['an error at import', 'import.test.ts', /thrown at import/],
      ['a module that is not there', 'missing.test.ts', /not-there\.ts/],
      ['a syntax error', 'syntax.test.ts', /syntax\.test\.ts/],
      ['an error in afterAll', 'teardown.test.ts', /thrown in afterAll/],
    ])('%s', (_, file, said) => {
      expect(run.stderr).toMatch(said)
      expect(run.stderr).toContain(file)
    })

    test('the other file keeps its result; exit code 1', () => {
      expect(run.tests).toMatchObject({ 'good.test.ts > passes': 'passed' })
      expect(run.exitCode).toBe(1)
    })
  })

  test('crashes after the last test are reported and hold nothing up', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', maxWorkers: 1" }),
      'node_modules/vitest-environment-crashing/package.json': '{ "type": "module", "exports": "./index.js" }',
      'node_modules/vitest-environment-crashing/index.js': `export default {
  name: 'crashing', viteEnvironment: 'ssr',
  setup: () => ({ teardown() { process.kill(process.pid, 'SIGSEGV') } }),
}\n`,
      'environment.test.ts': largest + docblock('crashing') + testFile(`test('passes', () => {})`),
      'hook.test.ts': testFile(`afterAll(() => { process.kill(process.pid, 'SIGSEGV') }); test('passes', () => {})`),
      'good.test.ts': testFile(`test('passes', () => {})`),
    })
    const run = await vitestRun(project)
    expect(run.tests).toMatchObject({ 'good.test.ts > passes': 'passed', 'environment.test.ts > passes': 'passed' })
    expect(run.stderr).toMatch(/environment\.test\.ts: .*SIGSEGV/)
    expect(run.stderr).toMatch(/hook\.test\.ts: .*SIGSEGV/)
    expect(run.exitCode).toBe(1)
    await expectNothingRuns(project)
  })

  test('an environment that throws is named, and holds nobody up', async () => {
    const throwing = (name: string, value: string) => ({
      [`node_modules/vitest-environment-${name}/package.json`]: '{ "type": "module", "exports": "./index.js" }',
      [`node_modules/vitest-environment-${name}/index.js`]: `export default {
  name: '${name}', viteEnvironment: 'ssr',
  setup() { throw ${value} },
}\n`,
      [`${name}.test.ts`]: docblock(name) + testFile(`test('never runs', () => {})`),
    })
    const project = seedTest(version, {
      ...throwing('error', `new TypeError('the reason')`),
      ...throwing('text', `'only words'`),
      ...throwing('object', `{ cause: 'an object' }`),
      'good.test.ts': testFile(`test('passes', () => {})`),
    })
    const run = await vitestRun(project)
    for (const name of ['error', 'text', 'object']) expect(run.stderr).toMatch(new RegExp(`Failed to start .*/${name}\\.test\\.ts`))
    expect(run.stderr).toContain('TypeError: the reason')
    expect(run.stderr).not.toContain('Unhandled Rejection')
    expect(run).toMatchObject({ exitCode: 1, tests: { 'good.test.ts > passes': 'passed' } })
  })

  test('without isolation the files after one that crashed have another worker', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({
        test: `pool: 'nsbox', isolate: false, maxWorkers: 2, sequence: { sequencer: class {
  sort(files) { return files.toSorted((a, b) => a.moduleId.localeCompare(b.moduleId)) }
  shard(files) { return files }
} }`,
      }),
      'a.test.ts': testFile(`test('passes', () => {})`),
      'b.test.ts': testFile(`test('crashes', () => { process.kill(process.pid, 'SIGKILL') })`),
      'c.test.ts': testFile(`test('crashes', () => { process.kill(process.pid, 'SIGKILL') })`),
      'd.test.ts': testFile(`test('passes', () => {})`),
      'e.test.ts': testFile(`test('passes', () => {})`),
    })
    const run = await vitestRun(project, [], { killAfter: 30_000 })
    expect(run.stderr).toMatch(/b\.test\.ts: .*SIGKILL/)
    expect(run.stderr).toMatch(/c\.test\.ts: .*SIGKILL/)
    expect(run.tests).toMatchObject({ 'a.test.ts > passes': 'passed', 'd.test.ts > passes': 'passed', 'e.test.ts > passes': 'passed' })
    expect(run.exitCode).toBe(1)
  })

  test('hangTimeout: 0 leaves a slow file alone', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: 'hangTimeout: 0' }),
      'slow.test.ts': testFile(`test('blocks for a while', () => { const end = Date.now() + 300; while (Date.now() < end); })`),
    })
    expect((await vitestRun(project)).exitCode).toBe(0)
  })

  test('a test that only waits is no hang', async () => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: 'hangTimeout: 100' }),
      'waits.test.ts': testFile(`test('waits', () => new Promise((resolve) => setTimeout(resolve, 500)))`),
    })
    const run = await vitestRun(project)
    expect(run.exitCode, run.output).toBe(0)
  })
})
