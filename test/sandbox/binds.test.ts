// What --bind shows: the host's directory, and not what the sandbox has mounted over it.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Place } from '../support/place.ts'

const place = new Place()
afterAll(() => place.remove())

test('the project itself: writes reach the host', async () => {
  // Beside the private directories, an overlay lies on the very place that is bound.
  const project = join(place.outside, 'project')
  mkdirSync(project)
  const { stdout } = await place.run(['--bind', '.'], 'echo written > file; cat file', { cwd: project })
  expect(stdout).toBe('written\n')
  expect(readFileSync(join(project, 'file'), 'utf8')).toBe('written\n')
})

test('a private directory: that of the host', async () => {
  const scratch = join(place.root, 'scratch')
  mkdirSync(scratch)
  writeFileSync(join(scratch, 'file'), 'host')
  const { stdout } = await place.run(['--bind', scratch], 'cat "$TMPDIR/file"; echo written > "$TMPDIR/file"', { env: { TMPDIR: scratch } })
  expect(stdout).toBe('host')
  expect(readFileSync(join(scratch, 'file'), 'utf8')).toBe('written\n')
})

test('one directory at two places, one of them read-only', async () => {
  const flags = ['--bind', `${place.outside}:/mnt`, '--ro-bind', `${place.outside}:/media`]
  const { stdout, stderr } = await place.run(flags, 'echo written > /mnt/twice; cat /media/twice; echo again > /media/twice')
  expect(stdout).toBe('written\n')
  expect(stderr).toContain('Read-only file system')
})
