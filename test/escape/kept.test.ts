// @module-tag root
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

const apply = (kept: string) => place.nsbox(['apply', kept, '--yes'])

test('a description that was edited', async () => {
  const { kept, outside } = await keep('echo after > directory/file; echo after > file')
  const file = join(kept, 'nsbox.json')
  const link = join(place.project, 'link')
  symlinkSync(place.outside, link)
  symlinkSync(place.outside, join(kept, '7'))
  const description = JSON.parse(readFileSync(file, 'utf8')) as { overlays: { target: string }[] }
  const overlay = description.overlays.find(({ target }) => target === place.project) as object
  const to = (path: string) => ({ ...overlay, target: path, lowers: [path] })
  const edits: [overlays: object[], said: RegExp][] = [
    [[to(place.outside)], /only the directory you are in/],
    [[to(link)], /./],
    [[to(place.root)], /./],
    [['..', '../other', '/etc', '1/..'].map((upper) => ({ ...overlay, upper })), /(must be a number[\s\S]*){4}/],
    [[{ ...overlay, upper: '7' }], /is a link/],
  ]
  for (const [overlays, said] of edits) {
    writeFileSync(file, JSON.stringify({ ...description, overlays }))
    const { exitCode, stderr } = await apply(kept)
    expect([overlays, exitCode, stderr]).toEqual([overlays, 125, expect.stringMatching(said)])
    expect(describeTree(place.outside)).toEqual(outside)
    expect([existsSync(join(place.root, 'file')), readFileSync(join(place.project, 'file'), 'utf8')]).toEqual([false, 'project'])
  }
  expect(existsSync(join(place.project, 'kept'))).toBe(false)
  // A terminal would act on this one.
  writeFileSync(file, JSON.stringify({ ...description, command: ['\u001b[2J', 'a\nb'] }))
  const { stdout } = await place.nsbox(['layers', kept])
  expect(stdout).not.toContain('\u001b')
  expect(stdout.split('\n').length).toBe(2)
})

test('changes of HOME beside those of the project, which are applied', async () => {
  const { kept } = await keep('echo evil > ~/.profile; echo after > file; echo after > directory/file')
  const { exitCode, stderr } = await apply(kept)
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('left out')])
  expect(existsSync(join(place.home, '.profile'))).toBe(false)
  for (const name of ['file', 'directory/file']) expect(readFileSync(join(place.project, name), 'utf8')).toBe('after\n')
})

test('a directory of the project that has become a link since', async () => {
  const { kept, outside } = await keep('echo after > directory/file; echo new > directory/new')
  renameSync(join(place.project, 'directory'), join(place.project, 'moved'))
  symlinkSync(join(place.outside, 'directory'), join(place.project, 'directory'))
  await apply(kept)
  expect(describeTree(place.outside)).toEqual(outside)
})

test('links in place of directories, directories in place of links, and links that are removed', async () => {
  for (const name of ['below', 'gone']) symlinkSync(join(place.outside, 'directory'), join(place.project, name))
  const { kept, outside } = await keep(`
    rm -r directory; ln -s ${place.outside}/directory directory; echo x > file
    rm below; mkdir below; echo after > below/file; echo new > below/new
    rm -rf gone`)
  expect((await apply(kept)).exitCode).toBe(0)
  expect(readlinkSync(join(place.project, 'directory'))).toBe(`${place.outside}/directory`)
  expect(readFileSync(join(place.project, 'below/file'), 'utf8')).toBe('after\n')
  expect(existsSync(join(place.project, 'gone'))).toBe(false)
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

test('changes from a sandbox into the kept ones themselves', async () => {
  const kept = join(place.project, 'kept')
  renameSync((await keep('echo after > file')).kept, kept)
  const before = describeTree(kept)
  await place.run([], `echo '{}' > kept/nsbox.json; rm -rf kept/0; rm -rf kept`)
  expect(describeTree(kept)).toEqual(before)
  rmSync(kept, { recursive: true })
})
