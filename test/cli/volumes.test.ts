// @module-tag root
// Promise: a directory that holds a mount is like any other, whatever else lies beside the mount and whatever becomes of it.

import { once } from 'node:events'
import { chmodSync, chownSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { listXattrs, setUserXattr } from '../../src/sys/xattr.ts'
import { CommandPlace } from '../support/command-place.ts'
import { isRoot, needs } from '../support/doctor.ts'

function placeWith(files: Record<string, string>): CommandPlace {
  const place = new CommandPlace({ 'volume/covered': '', ...files })
  onTestFinished(() => place.remove())
  return place
}

/** What a script prints, and its exit code, with a mount on `volume` that is the caller's. */
async function inMount(place: CommandPlace, script: string, own = ['--user', '--map-root-user', '--mount']) {
  const child = place.spawn(['unshare', ...own, '/bin/sh', '-c', `mount -t tmpfs tmpfs volume || exit; ${script}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
    once(child, 'close'),
  ])
  return { stdout, stderr, code }
}

test('--apply keeps the attributes of a file that the command changed', async ({ skip }) => {
  const place = placeWith({ file: 'before ' })
  const file = join(place.project, 'file')
  skip(!setUserXattr(file, 'user.kept', 'yes'), 'no user extended attributes on this file system')
  expect(await inMount(place, "nsbox run --apply --yes -- sh -c 'echo after >> file'")).toEqual({ stdout: '', stderr: '', code: 0 })
  expect(readFileSync(file, 'utf8')).toBe('before after\n')
  expect(listXattrs(Buffer.from(file))).toContain('user.kept')
})

test('what is not changed costs nothing of the limit for disks', async () => {
  const large = 'x'.repeat(900_000)
  const place = placeWith({ a: large, b: large, c: large })
  const { stdout, code } = await inMount(place, "nsbox run --disk 1M -- sh -c 'echo x > small; cat a b c | wc -c'")
  expect([stdout, code]).toEqual(['2700000\n', 0])
})

test('directories beside it may come and go while sandboxes are made, and may have names that are not UTF-8', async () => {
  const script = `mkdir "$(printf 'Caf\\351')"; touch "$(printf 'f\\351')"
while [ ! -e stop ]; do mkdir one two three; sleep 0.003; rmdir one two three; done 2> /dev/null &
for run in 1 2 3 4 5 6 7 8 9 10; do nsbox run -- true || echo failed; done; touch stop; wait`
  expect(await inMount(placeWith({}), script)).toEqual({ stdout: '', stderr: '', code: 0 })
})

test('a directory that the caller may not look into stays as it is, with a mount in it and without', async (context) => {
  needs(context, 'root', isRoot)
  const place = placeWith({ file: '', 'shut/secret': '' })
  const nobody = 65534
  for (const path of [place.root, place.project, place.home, join(place.project, 'file')]) chownSync(path, nobody, nobody)
  for (const name of ['shut', 'around', 'around/volume']) {
    const path = join(place.project, name)
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o700)
  }
  const user = `setpriv --reuid ${nobody} --regid ${nobody} --clear-groups`
  const command = "echo x > file; ls shut around 2>&1 | grep -c 'Permission denied'"
  const script = `mount -t tmpfs tmpfs around/volume; ${user} nsbox run --diff --apply --yes -- sh -c "${command}"`
  expect(await inMount(place, script, ['--mount'])).toEqual({
    stdout: '2\n',
    stderr: 'M  file  0 B -> 2 B\n0 added, 1 modified, 0 deleted\n',
    code: 0,
  })
  expect(readFileSync(join(place.project, 'file'), 'utf8')).toBe('x\n')
})
