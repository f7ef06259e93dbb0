// Promise: the devices that every program expects, and no others.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { Bench } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

test('the whole of /dev', async () => {
  expect((await bench.sh('ls -A /dev')).stdout.split('\n').filter(Boolean)).toEqual([
    'fd',
    'full',
    'null',
    'ptmx',
    'pts',
    'random',
    'shm',
    'stderr',
    'stdin',
    'stdout',
    'tty',
    'urandom',
    'zero',
  ])
})

test.each([
  ['null swallows and is empty', 'echo x > /dev/null; wc -c < /dev/null', '0'],
  ['zero', 'head -c 4 /dev/zero | od -An -tx1', '00 00 00 00'],
  ['full', 'echo x > /dev/full || echo refused', 'refused'],
  ['random', 'head -c 8 /dev/random | wc -c', '8'],
  ['urandom', 'head -c 8 /dev/urandom | wc -c', '8'],
  ['fd', 'echo through | cat /dev/fd/0', 'through'],
  ['stdin', 'echo through | cat /dev/stdin', 'through'],
  ['stdout', '(echo through > /dev/stdout) | cat', 'through'],
  ['shm', 'echo kept > /dev/shm/a; cat /dev/shm/a', 'kept'],
  ['files may be made in it', 'echo x > /dev/new; cat /dev/new', 'x'],
])('%s', async (_, script, expected) => {
  const { stdout } = await bench.sh(`exec 2>/dev/null; ${script}`)
  expect(stdout.trim()).toBe(expected)
})

test('pseudo terminals are its own', async () => {
  const { stdout, stderr } = await bench.sh('ls /dev/pts; script -qec "tty" /dev/null < /dev/null')
  expect(`${stdout}${stderr}`.replaceAll('\r', '')).toBe('ptmx\n/dev/pts/0\n')
})

test('there is no controlling terminal', async () => {
  expect((await bench.sh('LC_ALL=C; export LC_ALL; cat /dev/tty')).stderr).toContain('No such device or address')
})
