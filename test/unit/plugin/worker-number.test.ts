import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'

const program = fileURLToPath(new URL('../../fixtures/plugin/worker-numbers.ts', import.meta.url))

let found: { taken: number[]; again: number[]; others: { signal: string; numbers: number[] }[] }
beforeAll(() => {
  // Numbers are names of abstract sockets (unix(7)): other runs of this user take them too, but not in this network namespace.
  const words = ['--user', '--map-root-user', '--net', process.execPath, program]
  found = JSON.parse(execFileSync('unshare', words, { encoding: 'utf8' }))
}, 60_000)

test('each is the smallest that is free', () => {
  expect(found.taken).toEqual([1, 2, 3])
  expect(found.again).toEqual([1, 2])
})

test('another process has others, and gives them back however it ends', () => {
  const other = { signal: 'SIGKILL', numbers: [4, 5, 6] }
  expect(found.others).toEqual([other, other])
})
