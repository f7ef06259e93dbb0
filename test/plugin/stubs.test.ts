// Promise: what tests stub, spy on or mock is theirs. nsbox neither needs it nor calls it while they run.

import { beforeAll, describe, expect, test } from 'vitest'
import { seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** Of these vitest's own worker needs none. */
const globals = [
  ...['BigInt', 'BigUint64Array', 'Buffer', 'Date', 'Map', 'Math', 'Number', 'Proxy', 'RegExp', 'Uint8Array', 'WeakRef'],
  ...['process', 'queueMicrotask', 'setImmediate', 'structuredClone'],
]
const functions = {
  Buffer: ['allocUnsafe', 'concat'],
  'Buffer.prototype': ['subarray', 'writeUInt32LE'],
  Math: ['min'],
  Number: ['isInteger', 'parseInt'],
  process: ['resourceUsage'],
  'process.hrtime': ['bigint'],
  fs: ['openSync', 'readFileSync', 'readSync', 'readdirSync', 'readlinkSync', 'statSync'],
}

const stubs: Record<string, string> = {
  ...Object.fromEntries(globals.map((name) => [name, `vi.stubGlobal('${name}', undefined)`])),
  ...Object.fromEntries(
    Object.entries(functions).flatMap(([of, names]) =>
      names.map((name) => [
        `${of}.${name}`,
        `vi.spyOn(${of}, '${name}').mockImplementation(() => { throw new Error('mocked') }); syncBuiltinESMExports()`,
      ]),
    ),
  ),
}

const stubbing = (stub: string) =>
  testFile(`import { spawn } from 'node:child_process'; import { once } from 'node:events'; import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'; import { connect, createServer } from 'node:net'; import { setTimeout } from 'node:timers/promises'
const stub = () => { ${stub} }
test('imports', async () => { stub(); expect((await import('./lib')).one).toBe(1) })
test('waits', async () => { stub(); await setTimeout(20) })
test('logs', () => { stub(); console.log('said') })
test('listens', async () => {
  stub()
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  await once(connect(server.address().port, '127.0.0.1').resume(), 'close')
  await once(server.close(), 'close')
})
test('starts', async () => { stub(); await once(spawn('true'), 'exit') })
test('takes a snapshot', () => { stub(); expect('kept').toMatchSnapshot() })
test('fails', () => { stub(); throw new Error('its own') })
test('leaves it', () => { stub() })`)

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

export default defineConfig({ plugins: [nsbox({ strict: ['processes', 'ports', 'refused'] })], test: { pool: process.env['POOL'] } })
`,
    'lib.ts': 'export const one = 1\n',
    ...Object.fromEntries(Object.entries(stubs).map(([name, stub]) => [`${name}.test.ts`, stubbing(stub)])),
    'counts.test.ts': testFile(`test('counts', async () => {
  const spy = vi.spyOn(Buffer, 'concat')
  await import('./lib')
  console.log('said')
  Buffer.concat([])
  expect(spy).toHaveBeenCalledOnce()
})
test('answers', async () => {
  vi.spyOn(Buffer, 'concat').mockReturnValue(Buffer.from('fixed bytes'))
  console.log('said')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(Buffer.concat([]).toString()).toBe('fixed bytes')
})`),
  })
  let ours: VitestRun
  let forks: VitestRun
  beforeAll(async () => {
    ours = await vitestRun(project, [], { env: { POOL: 'nsbox' }, killAfter: 280_000 })
    forks = await vitestRun(project, [], { env: { POOL: 'forks' }, killAfter: 280_000 })
  }, 600_000)

  const of = (run: VitestRun, name: string) =>
    Object.fromEntries(Object.entries(run.tests).filter(([full]) => full.startsWith(`${name}.test`)))

  test.each([...Object.keys(stubs), 'counts'])('%s: as with forks', (name) => {
    expect(of(ours, name), ours.output).toEqual(of(forks, name))
    expect(of(ours, name)).not.toEqual({})
    expect(ours.files[`${name}.test.ts`]).toBe(forks.files[`${name}.test.ts`])
  })

  test('nothing fails but what does with forks', () => {
    expect(Object.keys(ours.failures).sort()).toEqual(Object.keys(forks.failures).sort())
    // vitest itself has errors outside of tests where there is no process, now and then, with forks too.
    const frames = ours.output.split('\n').filter((line) => line.includes('/dist/') && !line.includes('node_modules'))
    expect(frames).toEqual([])
    expect(ours.output).not.toContain('NsboxError')
  })

  test('what is logged is heard', () => {
    expect(ours.output.match(/^said$/gm)).toHaveLength(forks.output.match(/^said$/gm)?.length ?? 0)
  })
})
