// What Vite and its plugins read for a worker by node:fs is what a view shows.

import fs, { constants, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HostView } from '../../../plugin/file-view.ts'
import { seenFrom } from '../../../plugin/seen-fs.ts'

const base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
const [hidden, shown] = [join(base, 'hidden'), join(base, 'shown')]
const view = new HostView((path) => !path.startsWith(hidden))
const [strays, missed]: [unknown[], string[]] = [[], []]
const reader = { view, stray: (error: unknown) => void strays.push(error), missed: (path: string) => void missed.push(path) }
const seen = <T>(action: () => T): T => seenFrom(reader, action)

beforeAll(() => {
  for (const directory of [hidden, shown]) {
    mkdirSync(directory)
    writeFileSync(join(directory, 'file.txt'), 'content')
  }
})
afterAll(() => rmSync(base, { recursive: true }))

function readByHandle(path: string, flags: string | number): string {
  const fd = fs.openSync(path, flags)
  try {
    return fs.readFileSync(fd, 'utf8')
  } finally {
    fs.closeSync(fd)
  }
}

function copyOf(path: string): string {
  const copy = join(base, 'copy')
  fs.copyFileSync(path, copy)
  return fs.readFileSync(copy, 'utf8')
}

const readers: Record<string, (path: string) => unknown> = {
  readFileSync: (path) => fs.readFileSync(path, 'utf8'),
  'readFileSync of bytes': (path) => fs.readFileSync(new Uint8Array(Buffer.from(path)) as Buffer, 'utf8'),
  'readFileSync of an address': (path) => fs.readFileSync(pathToFileURL(path), 'utf8'),
  'readFileSync of an address from elsewhere': (path) => {
    const { href, protocol, host, hostname, pathname } = pathToFileURL(path)
    return fs.readFileSync({ href, protocol, host, hostname, pathname } as URL, 'utf8')
  },
  'promises.readFile': (path) => fs.promises.readFile(path, 'utf8'),
  'promises.open': async (path) => {
    await using handle = await fs.promises.open(path)
    return await handle.readFile('utf8')
  },
  createReadStream: (path) => text(fs.createReadStream(path)),
  'openSync, r': (path) => readByHandle(path, 'r'),
  'openSync, rs': (path) => readByHandle(path, 'rs'),
  'openSync by number': (path) => readByHandle(path, constants.O_RDONLY | constants.O_NONBLOCK),
  copyFileSync: copyOf,
}

test.each(Object.entries(readers))('%s', async (_, read) => {
  expect(await seen(() => read(join(shown, 'file.txt')))).toBe('content')
  await expect(seen(async () => read(join(hidden, 'file.txt')))).rejects.toThrow('ENOENT')
})

test('what is there and not shown is told, and what is not there is not', () => {
  missed.length = 0
  for (const path of ['hidden/file.txt', 'hidden/other.txt', 'shown/file.txt', 'shown/other.txt'])
    seen(() => fs.existsSync(join(base, path)))
  expect(missed).toEqual([join(hidden, 'file.txt')])
})

test('an error that nothing waits for is taken', async () => {
  seen(() => void fs.readFile(join(hidden, 'file.txt'), async (error) => Promise.reject(error)))
  seen(() => setImmediate(() => throwing('of a callback')))
  await expect.poll(() => strays.map(String)).toEqual(expect.arrayContaining([expect.stringContaining('ENOENT'), 'Error: of a callback']))
})

function throwing(message: string): never {
  throw new Error(message)
}
