import { expect, test } from 'vitest'
import { FileLimits, limitsBetween } from '../../../plugin/file-limits.ts'
import { poolOptions } from '../../../src/config/pool-options.ts'

function limitsOf(options: object, file: string, root = '/p'): object | undefined {
  return FileLimits.here(poolOptions(options), '/')?.of(file, root)
}

test('nothing is looked for where nothing is asked for', () => {
  expect(FileLimits.here(poolOptions({}), '/')).toBe(null)
  expect(FileLimits.here(poolOptions({ rules: [{ files: '**', pids: 9 }] }), '/')).not.toBe(null)
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
  const wrong = poolOptions({
    rules: [
      { files: '**', pids: 1 },
      { files: '**', cpus: '8000' },
    ],
  })
  expect(() => FileLimits.here(wrong, '/')).toThrow(/^rules\.1\.cpus is "8000": this process may run on /)
})
