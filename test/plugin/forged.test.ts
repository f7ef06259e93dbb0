// A test may send anything in place of its worker. That fails its own file, and no other.

import { beforeAll, describe, expect, test } from 'vitest'
import { fixture, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** What each file sends, by its name. */
const forgeries: Record<string, string> = {
  'bytes that are no message': 'sendBytes(Buffer.from([4, 0, 0, 0, 1, 2, 3, 4]))',
  'the head of a message of 4 GiB': 'sendBytes(Buffer.alloc(4, 255))',
  'the head of a message of 65 MiB': 'sendBytes(Buffer.from([0, 0, 16, 4]))',
  nothing: 'send(null)',
  'a string': `send('vitest')`,
  'an empty message': 'send({})',
  'nothing for vitest': 'send({ vitest: null })',
  'an unknown response': `send({ vitest: { __vitest_worker_response__: true, type: 'gone' } })`,
  'refusals without attempts': `send({ nsbox: 'refused', file: 'x' })`,
  'no list of updates': `call('onTaskUpdate', 'x', [])`,
  'an update that is no result': `call('onTaskUpdate', [['x', 'passed', {}]], [])`,
  'an error with frames of its own': `call('onUnhandledError', { message: 'x', stacks: [{ file: 5 }] }, 'Error')`,
  'a file without tasks': `call('onCollected', [{ filepath: expect.getState().testPath }])`,
  'tests of another file': `call('onQueued', { ...file(), filepath: import.meta.dirname + '/innocent.test.ts' })`,
  'a result of another file': `call('onTaskUpdate', [[innocent, { state: 'fail', errors: [{ message: 'forged' }] }, {}]], [])`,
  'coverage of __proto__': `call('onAfterSuiteRun', { environment: '__proto__', testFiles: [], coverage: {} })`,
  'coverage from elsewhere': `call('onAfterSuiteRun', { environment: 'ssr', testFiles: [], coverage: '/etc/passwd' })`,
  'an end of the run': `call('onCancel', 'test-failure')`,
}

/** Its id is that of its path: see generateFileHash of vitest. */
const body = (forgery: string) =>
  testFile(`import { generateFileHash } from '@vitest/runner/utils'
import { call, send, sendBytes, wait } from './channel'
const innocent = generateFileHash('innocent.test.ts', '')
function file() { const task = { id: 'x', name: 'x', type: 'suite', mode: 'run', meta: {}, tasks: [] }; return Object.assign(task, { file: task }) }
test('forges', async () => { ${forgery}; await wait() })`)

const nameOf = (what: string) => `${what.replaceAll(' ', '-')}.test.ts`

describe.each(vitestVersions)('$name', (version) => {
  const output = body(
    `call('onUserConsoleLog', { content: 'not of innocent.test.ts', type: 'stdout', time: 0, size: 1, taskId: innocent })`,
  )
  const files = Object.fromEntries(Object.entries(forgeries).map(([what, forgery]) => [nameOf(what), body(forgery)]))
  const project = seedSuite(version, { ...fixture('forged'), ...files, 'output.test.ts': output.replace('await wait()', '') })
  let run: VitestRun

  beforeAll(async () => {
    run = await vitestRun(project, ['--pool=nsbox'])
  })

  test('a file that forges nothing passes', () => {
    expect(run.tests['innocent.test.ts > passes']).toBe('passed')
    expect(run.exitCode).toBe(1)
  })

  test('output of another file is of none', () => {
    expect(run.output).toContain('unknown test\nnot of innocent.test.ts')
  })

  test.each(Object.keys(forgeries))('%s: its file fails, and is named', (what) => {
    expect(run.output).toContain(`${nameOf(what)}: the worker sent`)
  })
})
