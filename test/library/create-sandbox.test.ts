// Promise: createSandbox() gives each exec and call a fresh sandbox, and close() leaves nothing.

import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WarmSandbox } from '../../src/index.ts'
import { createSandbox } from '../support/built-library.ts'
import { fixture } from '../support/vitest-project.ts'

const before = process.cwd()
let project: string
let sandbox: WarmSandbox

beforeAll(async () => {
  project = realpathSync(mkdtempSync(join(realpathSync(tmpdir()), 'nsbox-test-library-')))
  writeFileSync(join(project, 'functions.mjs'), fixture('library')['functions.mjs'] as string)
  process.chdir(project)
  sandbox = await createSandbox()
})
afterAll(async () => {
  process.chdir(before)
  await sandbox?.close()
  rmSync(project, { recursive: true })
})

describe('exec', () => {
  test('each has a fresh sandbox', async () => {
    const script = ['/bin/sh', '-c', 'ls made 2>&1; touch made; echo $$']
    const reports = [await sandbox.exec(script), await sandbox.exec(script)]
    expect(reports.map(({ stdout }) => stdout?.split('\n').at(-2))).toEqual(['2', '2'])
    expect(reports.every(({ stdout }) => stdout?.includes('No such file'))).toBe(true)
    expect(existsSync('made')).toBe(false)
  })

  test('many at once', async () => {
    const reports = await Promise.all(
      Array.from({ length: 8 }, (_, index) => sandbox.exec(['/bin/sh', '-c', `echo ${index}; exit ${index}`])),
    )
    expect(reports.map(({ exitCode, stdout }) => [exitCode, stdout])).toEqual(reports.map((_, index) => [index, `${index}\n`]))
  })

  test('options of one exec', async () => {
    const report = await sandbox.exec(['/bin/sh', '-c', 'pwd; env | grep ^ONE; cat'], {
      cwd: '/usr',
      env: { ONE: '1', PATH: process.env['PATH'] },
      stdin: { text: 'in' },
    })
    expect(report.stdout).toBe('/usr\nONE=1\nin')
  })

  test('wrong options reject', async () => {
    await expect(sandbox.exec([])).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
    await expect(sandbox.exec(['true'], { timeout: 'soon' })).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
    await expect(sandbox.exec([1n] as never)).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
    await expect(sandbox.call(5n as never, 'add')).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
    await expect(sandbox.call('./functions.mjs', 'add', 5n as never)).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
    await expect(sandbox.call('./functions.mjs', 'add', [], { signal: 5n as never })).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG' })
  })

  test('changes of each alone', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map((name) => sandbox.exec(['/bin/touch', name], { changes: true })))
    expect([one, two].map((report) => report?.changes?.map(({ path }) => path))).toEqual([[join(project, 'one')], [join(project, 'two')]])
  })
})

describe('call', () => {
  test('answers what the function returns, as a structured clone', async () => {
    expect(await sandbox.call('./functions.mjs', 'add', [1, 2])).toBe(3)
    expect(await sandbox.call(pathToFileURL('functions.mjs'), 'rich', [{ deep: [1] }])).toEqual(
      new Map<string, unknown>([
        ['value', { deep: [1] }],
        ['date', new Date(0)],
        ['bytes', new Uint8Array([1, 2])],
      ]),
    )
    expect(await sandbox.call('./functions.mjs', 'late')).toBe('late')
    expect(await sandbox.call('./functions.mjs', 'user')).toBe('0')
  })

  test('each has a fresh process and a fresh sandbox', async () => {
    expect(await sandbox.call('./functions.mjs', 'remembers')).toEqual([1, false])
    expect(await sandbox.call('./functions.mjs', 'remembers')).toEqual([1, false])
    expect(existsSync('made')).toBe(false)
    const drawn = await Promise.all([1, 2, 3].map(() => sandbox.call<unknown[]>('./functions.mjs', 'random')))
    expect(new Set(drawn.flat()).size).toBe(6)
  })

  test('throws what the function throws', async () => {
    const error = (await sandbox.call('./functions.mjs', 'throws').catch((error: unknown) => error)) as Error
    expect(error).toBeInstanceOf(RangeError)
    expect([error.message, error.cause]).toEqual(['thrown inside', 'because'])
  })

  test.each([
    ['leaves', 'ended with exit code 4 before it answered'],
    ['crashes', 'ended with SIGSEGV before it answered'],
    ['notCloneable', 'could not be cloned'],
    ['notAFunction', 'exports no function "notAFunction", but add, '],
    ['missing', 'exports no function "missing", but add, '],
  ])('%s: says so', async (name, message) => {
    await expect(sandbox.call('./functions.mjs', name)).rejects.toThrow(message)
  })

  test('a module that is not there', async () => {
    await expect(sandbox.call('./nowhere.mjs', 'add')).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' })
  })

  test('a time limit, and an abort', async () => {
    await expect(sandbox.call('./functions.mjs', 'forever', [], { timeout: 200, killAfter: 100 })).rejects.toThrow(
      'was ended by its timeout',
    )
    await expect(sandbox.call('./functions.mjs', 'forever', [], { signal: AbortSignal.timeout(200), killAfter: 100 })).rejects.toThrow(
      'was aborted',
    )
  })

  test('modules that are preloaded are evaluated once, outside', async () => {
    await using own = await createSandbox({ preload: ['./functions.mjs'] })
    expect(await own.call('./functions.mjs', 'remembers')).toEqual([1, false])
    expect(await own.call('./functions.mjs', 'add', [2, 2])).toBe(4)
  })

  test('arguments that cannot be cloned', async () => {
    await expect(sandbox.call('./functions.mjs', 'add', [() => 1])).rejects.toThrow('could not be cloned')
  })
})

test('closed is closed, and what runs is ended', async () => {
  const own = await createSandbox()
  const running = own.exec(['sh', '-c', 'echo up; exec sleep 1000'])
  await once(running.stdout as Readable, 'data')
  const starting = own.exec(['sleep', '1000'])
  const calling = own.call('./functions.mjs', 'forever').catch((error: unknown) => error)
  await own.close()
  expect(await running).toMatchObject({ cause: 'abort', error: null })
  expect(await starting).toMatchObject({ cause: 'abort', error: null })
  expect(await calling).toMatchObject({ message: expect.stringMatching(/was aborted before it answered$/) })
  await expect(own.exec(['true'])).rejects.toMatchObject({ code: 'ERR_NSBOX_CLOSED' })
  await expect(own.call('./functions.mjs', 'add')).rejects.toMatchObject({ code: 'ERR_NSBOX_CLOSED' })
  await own.close()
})

test('options that are wrong', async () => {
  await expect(createSandbox({ net: 'some' as 'none' })).rejects.toMatchObject({
    code: 'ERR_NSBOX_CONFIG',
    message: expect.stringContaining('net is "some"'),
  })
})
