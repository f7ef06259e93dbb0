// @module-tag root
// Promise: what a sandbox changed goes to the place that was named before it ran, whatever the sandbox has put there since.

import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { exportLayers } from '../../../src/changes/export.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { inodeAt } from '../../../src/changes/target.ts'
import { realPlace, removeRealTree } from '../../../src/sys/real-file.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { brief, type ChangesBench, changesBench } from '../../support/changes/bench.ts'

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
