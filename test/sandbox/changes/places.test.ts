// @module-tag root
// Promise: what a sandbox changed goes to the place that was named before it ran, whatever the sandbox has put there since.

import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { UpperLayer } from '../../../src/changes/changed.ts'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { directoriesIn } from '../../../src/changes/directories.ts'
import { exportLayers } from '../../../src/changes/export.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { readKept } from '../../../src/changes/read-kept.ts'
import { inodeAt } from '../../../src/changes/target.ts'
import { keptDescription } from '../../../src/config/kept.ts'
import { realPlace, removeRealTree } from '../../../src/sys/real-file.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { brief, type ChangesBench, changesBench, past } from '../../support/changes/bench.ts'

const about = { command: [], startedMs: 0 }

/** The directory `name` beside the project is moved away, and a link to `victim` takes its place. */
function swap(bench: ChangesBench, name: string): void {
  mkdirSync(bench.beside('victim'))
  renameSync(bench.beside(name), bench.beside('away'))
  symlinkSync('victim', bench.beside(name))
}

test('a link in the place of the target, or above it: nothing is applied and nothing read', async () => {
  const bench = changesBench({ a: '' })
  mkdirSync(bench.beside('around/inner'), { recursive: true })
  const layer = await bench.layer('echo planted > planted; rm a')
  const targets = [bench.project, bench.beside('around/inner')].map((target) => ({ ...layer, target, inode: inodeAt(target) as string }))
  const plan = planApply(layer, bench.startedMs)
  renameSync(bench.project, bench.beside('moved'))
  mkdirSync(bench.beside('victim/inner'), { recursive: true })
  symlinkSync('victim', bench.project)
  renameSync(bench.beside('around'), bench.beside('away'))
  symlinkSync('victim', bench.beside('around'))
  const refused = expect.objectContaining({
    code: 'ERR_NSBOX_CONFLICT',
    message: expect.stringContaining('a symbolic link has taken the place'),
  })
  expect(() => applyChanges(plan)).toThrow(refused)
  for (const target of targets) {
    expect(() => planApply(target, bench.startedMs)).toThrow(refused)
    expect(() => changesOf(target)).toThrow(/a symbolic link has taken the place/)
  }
  expect(readdirSync(bench.beside('victim'), { recursive: true })).toEqual(['inner'])
})

test('another directory in the place of the target: nothing of it is removed or replaced', async () => {
  const bench = changesBench({ a: 'old' })
  mkdirSync(bench.beside('other'))
  writeFileSync(bench.beside('other/a'), 'precious')
  const layer = { ...(await bench.layer('rm a')), inode: inodeAt(bench.project) as string }
  expect(brief(planApply(layer, bench.startedMs).changes, bench.project)).toEqual(['D a'])
  renameSync(bench.project, bench.beside('away'))
  expect(() => planApply(layer, bench.startedMs)).toThrow(/it is not there any more/)
  renameSync(bench.beside('other'), bench.project)
  expect(() => planApply(layer, Date.now() + 1000)).toThrow(/it is another directory than before the sandbox started/)
  expect(readFileSync(bench.path('a'), 'utf8')).toBe('precious')
})

describe('another directory, older than the start, in the place of one below the target', () => {
  const renamed = (bench: ChangesBench, name: string) => {
    renameSync(bench.path(name), bench.beside('away'))
    renameSync(bench.beside('other'), bench.path(name))
  }
  /** Of a project with `a/dist/f`, in which the script runs; and `other` beside it, which has its `dist/f` too. */
  const begun = async (script: string) => {
    const bench = changesBench({ 'a/dist/f': 'old', 'a/g': '' })
    mkdirSync(bench.beside('other/dist'), { recursive: true })
    for (const name of ['f', 'dist/f']) writeFileSync(bench.beside(`other/${name}`), 'newer')
    await past(Date.now())
    bench.startedMs = Date.now()
    const directories = directoriesIn(bench.project)
    return { bench, layer: { ...(await bench.layer(script)), directories } }
  }

  test.for(['echo more >> a/dist/f', 'rm a/dist/f', 'rm -r a/dist; mkdir a/dist'])('%s: nothing is applied', async (script, { skip }) => {
    for (const name of ['a', 'a/dist']) {
      const { bench, layer } = await begun(script)
      skip(layer.directories.size === 0, 'inode numbers of directories may change on this file system')
      const plan = planApply(layer, bench.startedMs)
      expect(plan.conflicts).toEqual([])
      keepLayers([layer], bench.beside('kept'), { ...about, startedMs: bench.startedMs })
      renamed(bench, name)
      expect(() => applyChanges(plan)).toThrow(new RegExp(`\\n {2}.*/${name}: another directory has taken its place since`))
      // Whoever applies later what was kept is told the same.
      const { layers, startedMs } = readKept(bench.beside('kept'), keptDescription)
      expect(planApply(layers[0] as UpperLayer, startedMs).conflicts).toContainEqual({
        path: bench.path(name),
        reason: 'another directory has taken its place since',
      })
      expect(readFileSync(bench.path('a/dist/f'), 'utf8')).toBe('newer')
    }
  })

  test('none, whatever else the host has changed in the same ones', async () => {
    const { bench, layer } = await begun('echo more >> a/dist/f; touch a/dist/new')
    for (const name of ['a/dist/mine', 'a/mine', 'mine']) writeFileSync(bench.path(name), '')
    chmodSync(bench.path('a/dist'), 0o700)
    chmodSync(bench.path('a/dist'), 0o755)
    renameSync(bench.path('a'), bench.beside('a'))
    renameSync(bench.beside('a'), bench.path('a'))
    expect(brief(applyChanges(planApply(layer, bench.startedMs)).applied, bench.project)).toEqual(['M a/dist/f', 'A a/dist/new'])
    expect(applyChanges(planApply(layer, bench.startedMs)).applied).toEqual([])
  })
})

test.each(['k', 'sub/k'])('a link in the place of %s, or above: nothing is kept there', async (name) => {
  const bench = changesBench()
  const layer = await bench.layer('echo planted > planted')
  mkdirSync(bench.beside(name), { recursive: true })
  swap(bench, name.split('/')[0] as string)
  expect(() => keepLayers([layer], bench.beside(name), about)).toThrow(
    expect.objectContaining({ code: 'ERR_NSBOX_KEEP', message: expect.stringMatching(/symbolic link/) }),
  )
  expect(readdirSync(bench.beside('victim'))).toEqual([])
  expect(keepLayers([layer], realPlace(bench.beside('sub2/../new')), about).missing).toEqual([])
})

test('a link above an archive is not followed; one in its place is replaced', async () => {
  const bench = changesBench()
  const layer = await bench.layer('echo planted > planted')
  mkdirSync(bench.beside('sub'))
  swap(bench, 'sub')
  expect(() => exportLayers([layer], layer.target, bench.beside('sub/x.tar'))).toThrow(
    /cannot be exported to .*symbolic link has taken the place/,
  )
  symlinkSync(bench.beside('victim/x.tar'), bench.beside('x.tar'))
  expect(exportLayers([layer], layer.target, bench.beside('x.tar'))).toEqual({ skipped: [] })
  expect(readdirSync(bench.beside('victim'))).toEqual([])
})

test('what is below a link is never removed', () => {
  const bench = changesBench()
  mkdirSync(bench.beside('own/0'), { recursive: true })
  swap(bench, 'own')
  mkdirSync(bench.beside('victim/0'))
  for (const name of ['own/0', 'own', 'gone/0']) removeRealTree(bench.beside(name))
  expect(readdirSync(bench.beside('victim'))).toEqual(['0'])
  removeRealTree(bench.beside('victim'))
  expect(readdirSync(bench.beside('.'))).not.toContain('victim')
})

test('links that are there beforehand are followed', () => {
  const bench = changesBench()
  mkdirSync(bench.beside('far/away'), { recursive: true })
  symlinkSync('far', bench.beside('near'))
  symlinkSync('nowhere', bench.beside('dangling'))
  expect(realPlace(bench.beside('near/away/new/er'))).toBe(bench.beside('far/away/new/er'))
  expect(realPlace(bench.beside('dangling'))).toBe(bench.beside('dangling'))
})
