// Attempts by changes that were kept: to make the host's side of nsbox write somewhere else.

import { existsSync, mkdirSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { Place } from '../support/place.ts'
import { describeTree } from '../support/tree.ts'

let place: Place
let places: Place[] = []
beforeEach(() => {
  place = new Place()
  places.push(place)
  mkdirSync(join(place.project, 'directory'))
  writeFileSync(join(place.project, 'directory/file'), 'before')
  mkdirSync(join(place.outside, 'directory'))
  writeFileSync(join(place.outside, 'directory/file'), 'outside')
})
afterAll(() => {
  for (const one of places) one.remove()
  places = []
})

/** Keeps what a script changes, and answers what outside is before anything is applied. */
async function keep(script: string): Promise<{ kept: string; outside: string[] }> {
  const kept = join(place.root, 'kept')
  const { stderr, exitCode } = await place.run(['--keep', kept], script)
  expect([exitCode, stderr]).toEqual([0, ''])
  return { kept, outside: describeTree(place.outside) }
}

interface Overlay {
  target: string
  upper: string
  lowers: string[]
}

/** The description, changed. */
function edit(kept: string, change: (description: { overlays: Overlay[] }) => void): void {
  const file = join(kept, 'nsbox.json')
  const description = JSON.parse(readFileSync(file, 'utf8'))
  change(description)
  writeFileSync(file, JSON.stringify(description))
}

const apply = (kept: string) => place.nsbox(['apply', kept, '--yes'])

test('changes of the project are applied', async () => {
  const { kept } = await keep('echo after > directory/file')
  expect((await apply(kept)).exitCode).toBe(0)
  expect(readFileSync(join(place.project, 'directory/file'), 'utf8')).toBe('after\n')
})

test('a target that was edited', async () => {
  const { kept, outside } = await keep('echo after > directory/file')
  edit(kept, ({ overlays }) =>
    Object.assign(
      overlays,
      overlays.map((overlay) => ({ ...overlay, target: place.outside, lowers: [place.outside] })),
    ),
  )
  const { exitCode, stderr } = await apply(kept)
  expect([exitCode, stderr]).toEqual([125, expect.stringContaining('only the directory you are in')])
  expect(describeTree(place.outside)).toEqual(outside)
})

test('a target that leads out by a link', async () => {
  const { kept, outside } = await keep('echo after > directory/file')
  const target = join(place.project, 'link')
  symlinkSync(place.outside, target)
  edit(kept, ({ overlays }) =>
    Object.assign(
      overlays,
      overlays.map((overlay) => ({ ...overlay, target, lowers: [target] })),
    ),
  )
  expect((await apply(kept)).exitCode).toBe(125)
  expect(describeTree(place.outside)).toEqual(outside)
})

test('a target above the project', async () => {
  const { kept } = await keep('echo after > file')
  edit(kept, ({ overlays }) =>
    Object.assign(
      overlays,
      overlays.map((overlay) => ({ ...overlay, target: place.root, lowers: [place.root] })),
    ),
  )
  expect((await apply(kept)).exitCode).toBe(125)
  expect(existsSync(join(place.root, 'file'))).toBe(false)
})

test('changes of HOME beside those of the project', async () => {
  const { kept } = await keep('echo evil > ~/.profile; echo after > file')
  const { exitCode, stderr } = await apply(kept)
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('left out')])
  expect(existsSync(join(place.home, '.profile'))).toBe(false)
  expect(readFileSync(join(place.project, 'file'), 'utf8')).toBe('after\n')
})

test('an upper that is a link', async () => {
  const { kept } = await keep('echo after > file')
  const locked = join(place.outside, 'directory/file')
  edit(kept, ({ overlays }) => overlays.splice(0, overlays.length, { target: place.project, upper: '7', lowers: [place.project] }))
  symlinkSync(place.outside, join(kept, '7'))
  const { exitCode, stderr } = await apply(kept)
  expect([exitCode, stderr]).toEqual([125, expect.stringContaining('is a link')])
  expect(readFileSync(locked, 'utf8')).toBe('outside')
  expect(existsSync(join(place.project, 'kept'))).toBe(false)
})

test.each(['..', '../other', '/etc', '1/..'])('an upper called %s', async (upper) => {
  const { kept } = await keep('echo after > file')
  edit(kept, ({ overlays }) =>
    Object.assign(
      overlays,
      overlays.map((overlay) => ({ ...overlay, upper })),
    ),
  )
  const { exitCode, stderr } = await apply(kept)
  expect([exitCode, stderr]).toEqual([125, expect.stringContaining('must be a number')])
})

test('a directory of the project that has become a link since', async () => {
  const { kept, outside } = await keep('echo after > directory/file; echo new > directory/new')
  renameSync(join(place.project, 'directory'), join(place.project, 'moved'))
  symlinkSync(join(place.outside, 'directory'), join(place.project, 'directory'))
  await apply(kept)
  expect(describeTree(place.outside)).toEqual(outside)
})

test('a link in place of a directory, and the files that were in it', async () => {
  const { kept, outside } = await keep(`rm -r directory; ln -s ${place.outside}/directory directory; echo x > file`)
  expect((await apply(kept)).exitCode).toBe(0)
  expect(readlinkSync(join(place.project, 'directory'))).toBe(`${place.outside}/directory`)
  expect(describeTree(place.outside)).toEqual(outside)
})

test('files below a link that the project already has', async () => {
  symlinkSync(join(place.outside, 'directory'), join(place.project, 'link'))
  const { kept, outside } = await keep('rm link; mkdir link; echo after > link/file; echo new > link/new')
  expect((await apply(kept)).exitCode).toBe(0)
  expect(readFileSync(join(place.project, 'link/file'), 'utf8')).toBe('after\n')
  expect(describeTree(place.outside)).toEqual(outside)
})

test('removing what a link leads to', async () => {
  symlinkSync(join(place.outside, 'directory'), join(place.project, 'link'))
  const { kept, outside } = await keep('rm -rf link directory')
  expect((await apply(kept)).exitCode).toBe(0)
  expect(existsSync(join(place.project, 'link'))).toBe(false)
  expect(describeTree(place.outside)).toEqual(outside)
})

test('names that a terminal would act on', async () => {
  const { kept } = await keep("touch \"$(printf 'a\\033[2Jb')\" \"$(printf 'A  forged\\nD  file')\" -- -rf '...' '.. '")
  const shown = [(await place.nsbox(['diff', kept])).stdout, (await apply(kept)).stderr]
  for (const text of shown) {
    expect(text).not.toContain('\u001b')
    expect(text).not.toMatch(/^D {2}file/m)
  }
  expect(existsSync(join(place.project, '-rf'))).toBe(true)
})

test('a command that a terminal would act on', async () => {
  const { kept } = await keep('echo after > file')
  edit(kept, (description) => Object.assign(description, { command: ['\u001b[2J', 'a\nb'] }))
  const { stdout } = await place.nsbox(['layers', kept])
  expect(stdout).not.toContain('\u001b')
  expect(stdout.split('\n').length).toBe(2)
})

test('changes from a sandbox into the kept ones themselves', async () => {
  const kept = join(place.project, 'kept')
  await place.run(['--keep', kept], 'echo after > file')
  const before = describeTree(kept)
  await place.run([], `echo '{}' > kept/nsbox.json; rm -rf kept/0; rm -rf kept`)
  expect(describeTree(kept)).toEqual(before)
  rmSync(kept, { recursive: true })
})
