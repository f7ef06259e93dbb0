import { expect, test } from 'vitest'
import { FileOptions, limitsBetween } from '../../../plugin/file-options.ts'
import { poolOptions } from '../../../src/config/pool-options.ts'

function filesWith(options: object, sourceOf = (_: string) => ''): FileOptions {
  return FileOptions.here(poolOptions(options), { cwd: '/', sourceOf })
}

function limitsOf(options: object, file: string, root = '/p'): object {
  return filesWith(options).of(file, root).limits
}

test('nothing is looked for where nothing is asked for', () => {
  expect(filesWith({}).request).toBe(null)
  expect(filesWith({ rules: [{ files: '**', net: 'host' }] }).request).toBe(null)
  expect(filesWith({ rules: [{ files: '**', pids: 9 }] }).request).not.toBe(null)
})

const options = {
  pids: 100,
  memory: '256M',
  rules: [
    { files: '**/*.slow.test.ts', pids: 50, cpuWeight: 10 },
    { files: ['src/**', '/elsewhere/*.ts'], pids: 20 },
    { files: 'src/free/**', pids: null, memory: null },
  ],
}

test.each([
  ['/p/a.test.ts', { pids: 100, memory: 2 ** 28 }],
  ['/p/a.slow.test.ts', { pids: 50, cpuWeight: 10, memory: 2 ** 28 }],
  ['/p/src/a.test.ts', { pids: 20, memory: 2 ** 28 }],
  ['/p/src/a.slow.test.ts', { pids: 20, cpuWeight: 10, memory: 2 ** 28 }],
  ['/p/src/free/a.slow.test.ts', { cpuWeight: 10 }],
  ['/p/lib/src/a.test.ts', { pids: 100, memory: 2 ** 28 }],
  ['/elsewhere/a.ts', { pids: 20, memory: 2 ** 28 }],
  ['/p/.hidden/a.slow.test.ts', { pids: 50, cpuWeight: 10, memory: 2 ** 28 }],
])('%s has %j', (file, limits) => {
  expect(limitsOf(options, file)).toEqual(limits)
})

test('globs are relative to the root of the project, whatever characters it has', () => {
  expect(limitsOf(options, '/p/lib/src/a.test.ts', '/p/lib')).toMatchObject({ pids: 20 })
  expect(limitsOf(options, '/p/(lib) [1]/src/a.test.ts', '/p/(lib) [1]')).toMatchObject({ pids: 20 })
})

test('from one file to the next only what differs changes, and what is missing is lifted', () => {
  const cpu = { share: 0.5, periodMs: 100 }
  expect(limitsBetween({ cpu, pids: 5, memory: 1 }, { cpu: { ...cpu }, pids: 6 })).toEqual({ pids: 6, memory: null })
  expect(limitsBetween({}, { cpu })).toEqual({ cpu })
  expect(limitsBetween({ cpu }, { cpu })).toEqual({})
})

test('what is not on this machine is named by the rule', () => {
  const rules = [
    { files: '**', pids: 1 },
    { files: '**', cpus: '8000' },
  ]
  expect(() => filesWith({ rules })).toThrow(/^rules\.1\.cpus is "8000": this process may run on /)
})

test('of what a file reaches, each option has its last word', () => {
  const files = filesWith(
    { net: 'none', forward: [5432], rules: [{ files: 'db/**', forward: [6379], allow: ['/run/db.sock'] }] },
    (file) => (file.endsWith('own.test.ts') ? '// @nsbox forward=80:8080 net=host' : ''),
  )
  const forward = (listen: number, to = listen) => [{ listen, to }]
  expect(files.of('/p/a.test.ts', '/p').reach).toMatchObject({ net: 'none', forward: forward(5432), allow: [] })
  expect(files.of('/p/db/a.test.ts', '/p').reach).toMatchObject({
    forward: forward(6379),
    allow: [{ path: '/run/db.sock', writable: false }],
  })
  expect(files.of('/p/db/own.test.ts', '/p').reach).toMatchObject({ net: 'host', forward: forward(80, 8080), allow: [{}] })
})

test('a docblock has the last word on limits, and names its place when it is wrong', () => {
  const files = filesWith(options, (file) => (file.endsWith('free.test.ts') ? '/** @nsbox pids=7 */' : '\n// @nsbox pids=7 cpus=8000'))
  expect(files.of('/p/src/free.test.ts', '/p').limits).toEqual({ pids: 7, memory: 2 ** 28 })
  expect(() => files.of('/p/src/wrong.test.ts', '/p')).toThrow(/^src\/wrong\.test\.ts:2:18: cpus is "8000": this process may run on /)
})
