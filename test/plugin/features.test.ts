// What vitest's own workers give to tests is there in a sandbox too.

import { beforeAll, describe, expect, test } from 'vitest'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const config = nsboxConfig({
  test: `pool: 'nsbox', globals: true, setupFiles: ['./setup.ts'], globalSetup: ['./global-setup.ts'], env: { FLAVOUR: 'salt', TMPDIR: '/tmp/made/on/the/host' },
  snapshotSerializers: ['./serializer.ts']`,
})

const passing: Record<string, string> = {
  'mock.test.ts': testFile(`import { greet } from './greet'; import { existsSync } from 'node:fs'
vi.mock('./greet', () => ({ greet: () => 'mocked' }))
vi.mock('node:fs', { spy: true })
test('vi.mock of a module', () => { expect(greet()).toBe('mocked') })
test('vi.mock that spies', () => { existsSync('/'); expect(existsSync).toHaveBeenCalledWith('/') })
test('vi.importActual', async () => { expect((await vi.importActual('./greet')).greet()).toBe('hello') })`),
  'mocks.test.ts': testFile(`import { Clock, nested } from './clock'; import { who } from './who'; import { readFileSync } from 'node:fs'
const { read } = vi.hoisted(() => ({ read: vi.fn(() => 'hoisted') }))
vi.mock('./clock'); vi.mock('./who')
vi.mock(import('node:fs'), async (original) => ({ ...(await original()), readFileSync: read }))
test('automocks', () => { expect(new Clock().hour()).toBeUndefined(); vi.mocked(nested.minute).mockReturnValue(7); expect(nested.minute()).toBe(7) })
test('__mocks__', () => { expect(who()).toBe('from __mocks__') })
test('part of a module of node, hoisted', () => { expect(readFileSync('/not/there')).toBe('hoisted') })
test('vi.doMock', async () => { vi.doMock('./who', () => ({ who: () => 'late' })); vi.resetModules(); expect((await import('./who')).who()).toBe('late') })
test('vi.spyOn', () => { const spy = vi.spyOn(Math, 'random').mockReturnValue(4); expect(Math.random()).toBe(4); spy.mockRestore(); expect(Math.random()).not.toBe(4) })
test('vi.stubEnv and vi.stubGlobal', () => {
  vi.stubEnv('STUBBED', 'a'); vi.stubGlobal('stubbed', 1); expect([process.env['STUBBED'], globalThis.stubbed]).toEqual(['a', 1])
  vi.unstubAllEnvs(); vi.unstubAllGlobals(); expect([process.env['STUBBED'], globalThis.stubbed]).toEqual([undefined, undefined])
})`),
  'timers.test.ts': testFile(`import { setTimeout as wait } from 'node:timers/promises'
afterAll(() => { vi.useRealTimers() })
test('vi.useFakeTimers', () => {
  vi.useFakeTimers({ now: 5 }); const called = vi.fn(); setTimeout(called, 10_000)
  vi.advanceTimersByTime(10_000); expect(called).toHaveBeenCalledOnce(); expect(Date.now()).toBe(10_005)
})
test('nextTick can be faked, as in threads', () => {
  vi.useFakeTimers({ toFake: ['nextTick'] }); const called = vi.fn(); process.nextTick(called)
  expect(called).not.toHaveBeenCalled(); vi.runAllTicks(); expect(called).toHaveBeenCalledOnce()
})
test('real timers', async () => { vi.useRealTimers(); expect(await wait(1, 'woken')).toBe('woken') })`),
  'setup.test.ts': testFile(`import { readdirSync } from 'node:fs'; import { tmpdir } from 'node:os'
test('setup file', () => { expect(globalThis.setUp).toBe(true) })
test('provide and inject', () => { expect(inject('secret')).toBe('from global setup') })
test('env of the config', () => { expect(process.env['FLAVOUR']).toBe('salt'); expect(import.meta.env['FLAVOUR']).toBe('salt') })
test('temporary directory of the config', () => { expect(readdirSync(tmpdir())).toEqual([]); expect(tmpdir()).toBe('/tmp/made/on/the/host') })`),
  'globals.test.ts': `test('globals', () => { expect(describe).toBeTypeOf('function') })\n`,
  'assets.test.ts': testFile(`import data from './data.json'; import './style.css'; import styles from './style.module.css'
test('JSON', () => { expect(data.answer).toBe(42) })
test('CSS', () => { expect(styles).toBeTypeOf('object') })
test('dynamic import', async () => { const name = 'greet'; expect((await import(\`./\${name}.ts\`)).greet()).toBe('hello') })
test('import.meta', () => { expect(import.meta.env.MODE).toBe('test'); expect(import.meta.filename).toMatch(/assets.test.ts$/) })`),
  'concurrent.test.ts': testFile(`describe.concurrent('together', () => {
  let arrived = 0
  test.each(['first', 'second'])('%s', async () => { arrived++; await vi.waitFor(() => { if (arrived < 2) throw new Error('alone') }) })
})`),
  'serializer.test.ts': testFile(`test('snapshot serializer', () => { expect({ wrapped: 1 }).toMatchInlineSnapshot('<wrapped 1>') })`),
  'typescript.test.ts': testFile(`enum Colour { Red = 'red' }; class Point { constructor(readonly x: number) {} }
test('enums and parameter properties', () => { expect(Colour.Red).toBe('red'); expect(new Point(3).x).toBe(3) })`),
}

const failing: Record<string, string> = {
  'console.test.ts': testFile(`test('speaks', async () => {
  console.log('by console.log'); console.error('by console.error')
  process.stdout.write('straight to stdout\\n'); process.stderr.write('straight to stderr\\n')
})`),
  'trace.test.ts': testFile(`
interface Shape { sides: number }
type Unused = { [key: string]: Shape }

function measure(shape: Shape): never {
  throw new Error('cannot measure ' + shape.sides)
}
test('throws', () => { measure({ sides: 4 }) })`),
  'late.test.ts': testFile(`test('waits for ever', () => new Promise(() => {}), 50)`),
  'rejection.test.ts': testFile(`test('looks well', async () => {
  void Promise.reject(new Error('nobody caught me'))
  await new Promise((resolve) => setTimeout(resolve, 20))
})`),
  'exception.test.ts': testFile(`test('looks well', async () => {
  setTimeout(() => { throw new Error('thrown by a timer') }, 1)
  await new Promise((resolve) => setTimeout(resolve, 20))
})`),
}

describe.each(vitestVersions)('$name', (version) => {
  describe('a suite that passes', () => {
    const project = seedSuite(version, {
      'vitest.config.ts': config,
      'setup.ts': 'globalThis.setUp = true\n',
      'global-setup.ts': `export default (project) => { project.provide('secret', 'from global setup'); return () => console.log('global teardown') }\n`,
      'serializer.ts': `export default { test: (value) => Boolean(value?.wrapped), serialize: (value) => '<wrapped ' + value.wrapped + '>' }\n`,
      'greet.ts': `export const greet = () => 'hello'\n`,
      'clock.ts': `export class Clock { hour() { return 12 } }\nexport const nested = { minute: () => 30 }\n`,
      'who.ts': `export const who = () => 'itself'\n`,
      '__mocks__/who.ts': `export const who = () => 'from __mocks__'\n`,
      'data.json': '{ "answer": 42 }',
      'style.css': 'body { color: red }',
      'style.module.css': '.a { color: red }',
      ...passing,
    })
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test.each(Object.keys(passing))('%s', (file) => {
      expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
      expect(run.files[file], run.output).toBe('passed')
    })

    test('exit code 0, after the global teardown', () => {
      expect(run.exitCode, run.output).toBe(0)
      expect(run.stdout).toContain('global teardown')
    })
  })

  describe('a suite that fails', () => {
    const project = seedSuite(version, failing)
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
      expect(run.stderr).toMatch(/Error: cannot measure 4\n ❯ measure trace\.test\.ts:6:9\n/)
      expect(run.stderr).toContain('❯ trace.test.ts:8:24')
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
