// Promise: a descriptor above stderr is the command's if an argument names it, as a shell's <(…) does, and opens no way to the host.

import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { CommandPlace } from '../support/command-place.ts'

const place = new CommandPlace({ file: 'content\n' })
/** Under no overlay. */
const outside = mkdtempSync(join(userInfo().homedir, '.nsbox-outside-'))
writeFileSync(join(outside, 'kept'), 'kept')
afterAll(() => {
  place.remove()
  rmSync(outside, { recursive: true })
})

async function bash(script: string): Promise<{ out: string; err: string; exitCode: number }> {
  const shell = place.spawn(['bash', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, err, [exitCode]] = await Promise.all([text(shell.stdout as Readable), text(shell.stderr as Readable), once(shell, 'close')])
  return { out, err, exitCode: exitCode as number }
}

test.each([
  ['<()', 'nsbox run -- cat <(echo one) <(echo two)', 'one\ntwo\n'],
  ['<() in an option', 'nsbox run -- grep --file=<(echo two) file <(echo one; echo two) --no-filename', 'two\n'],
  ['<() for a command with a limit of its own process', 'nsbox run --rlimit nofile=64 -- cat <(echo one)', 'one\n'],
  ['<() for a node that nsbox starts anew', 'NODE_OPTIONS=--no-warnings nsbox run -- cat <(echo one)', 'one\n'],
  ['>()', 'nsbox run -- cp file >(cat; echo end); wait $!', 'content\nend\n'],
  ['a file', 'nsbox run -- cat /dev/fd/9 /proc/self/fd/9 9< file', 'content\ncontent\n'],
])('%s is passed on', async (_, script, out) => {
  expect(await bash(script)).toEqual({ out, err: '', exitCode: 0 })
})

test('a file that was opened for reading cannot be written to', async () => {
  const { err } = await bash(`nsbox run -- sh -c 'echo gone > "$1"; chmod 0 "$1"' sh /dev/fd/9 9< ${outside}/kept`)
  expect(err).toMatch(/Read-only file system[\s\S]*Read-only file system/)
  expect(readFileSync(join(outside, 'kept'), 'utf8')).toBe('kept')
})

test('a directory is refused', async () => {
  const { out, err, exitCode } = await bash(`nsbox run -- ls /dev/fd/9 9< ${outside}`)
  expect({ out, exitCode }).toEqual({ out: '', exitCode: 125 })
  expect(err).toContain('Descriptor 9, which the command line names, is a directory')
})

test('no other is passed on', async () => {
  const { out } = await bash("nsbox run -- sh -c 'ls /proc/self/fd' 8< file 9< file")
  expect(out).toBe('0\n1\n2\n3\n')
})

test('a script that fails and means one is told of it, and no other', async () => {
  const said = 'nsbox: file descriptor 9 is open here, but the command does not have it. Only an argument /dev/fd/9 passes it on.'
  expect((await bash("nsbox run -- sh -c 'cat <&9' 9< file")).err).toContain(said)
  const others = [
    "sh -c 'cat <&9'",
    "sh -c 'exec 9< file; cat <&9; exit 1' 9< file",
    "sh -c 'cat <&9; true' 2> /dev/null 9< file",
    'false 9< file',
  ]
  for (const other of others) expect((await bash(`nsbox run -- ${other}`)).err, other).not.toContain('nsbox:')
})
