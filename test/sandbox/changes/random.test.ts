// @module-tag root
// Promise: what a sandbox did at random is told exactly, and comes out the same applied, kept and exported.

import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { exportLayers } from '../../../src/changes/export.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { nameOf } from '../../../src/changes/names.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { type ChangesBench, changesBench } from '../../support/changes/bench.ts'
import { playing, type View, viewsThrough } from '../../support/changes/kept-view.ts'
import { type Manifest, manifestOf } from '../../support/changes/manifest.ts'
import { play } from '../../support/changes/play.ts'
import { unpackOver } from '../../support/changes/unpack.ts'

const first = Number(process.env['NSBOX_TEST_SEED'] ?? 1)
const rounds = Number(process.env['NSBOX_TEST_ROUNDS'] ?? 3)
const seeds = Array.from({ length: rounds }, (_, index) => first + index)

test.each(seeds)('seed %i', async (seed) => {
  const bench = changesBench()
  play({ directory: bench.project, seed, count: 60, kind: 'base' })
  const before = manifestOf(bench.project)
  const { layer, outcome } = await bench.run(playing({ directory: bench.project, seed: seed + 1_000_000, count: 60, kind: 'all' }))
  const [base, unpacked] = ['base', 'unpacked'].map((name) => copyOf(bench, name)) as [string, string]
  expect(keepLayers([layer], bench.beside('kept'), { command: ['play'], startedMs: 0 })).toEqual({ skipped: [], missing: [] })
  const views = [seenAnew(bench, layer.upper, [base], 'anew'), seenAnew(bench, bench.beside('kept/0'), [base], 'again')]
  const [inside, kept] = viewsThrough(...views) as [Manifest, Manifest]
  expect([withoutLinks(inside)]).toEqual(JSON.parse(outcome.stdout).map(withoutLinks))
  expect(kept).toEqual(inside)

  const isTellable = ([path, kind]: [string, string]) => kind !== 'modified' || isReadable(before[path] ?? '')
  const told = changesOf(layer).map(({ path, kind }): [string, string] => [
    nameOf(path).slice(nameOf(bench.project).length + 1) || '.',
    kind,
  ])
  expect(Object.fromEntries(told.filter(isTellable))).toEqual(Object.fromEntries(differing(before, inside).filter(isTellable)))

  expect(exportLayers([layer], layer.target, bench.beside('layer.tar'))).toEqual({ skipped: [] })
  const plan = planApply(layer, Date.now() + 1000)
  expect([plan.conflicts, plan.skipped]).toEqual([[], []])
  expect(applyChanges(plan).applied).toEqual(plan.changes)
  expect(manifestOf(bench.project)).toEqual(inside)
  if (Object.values(inside).every(isReadable)) expect(changesOf(layer)).toEqual([])

  unpackOver(bench.beside('layer.tar'), unpacked, bench.beside('unpacking'))
  expect(manifestOf(unpacked)).toEqual(inside)
})

test.each(seeds)('seed %i, begun from what an earlier run kept', async (seed) => {
  const bench = changesBench()
  play({ directory: bench.project, seed: seed + 2_000_000, count: 40, kind: 'base' })
  const { layer } = await bench.run(playing({ directory: bench.project, seed: seed + 3_000_000, count: 40, kind: 'all' }))
  keepLayers([layer], bench.beside('kept'), { command: ['play'], startedMs: 0 })
  const base = copyOf(bench, 'base')
  const lowers = [bench.beside('kept/0'), base]
  const played = { ...seenAnew(bench, bench.beside('kept/0'), [base], 'second'), seed: seed + 4_000_000, count: 40 }
  const [before] = viewsThrough(seenAnew(bench, bench.beside('kept/0'), [base], 'anew'), played) as [Manifest]
  const second = { target: bench.project, upper: bench.beside('second/upper'), lowers: [bench.beside('kept/0'), bench.project] }
  keepLayers([second], bench.beside('kept2'), { command: ['play'], startedMs: 0 })
  const [inside, kept] = viewsThrough(
    seenAnew(bench, second.upper, lowers, 'again'),
    seenAnew(bench, bench.beside('kept2/0'), lowers, 'third'),
  ) as [Manifest, Manifest]
  expect(kept).toEqual(inside)

  const mayRead = process.geteuid?.() === 0 || Object.values({ ...before, ...inside }).every(isReadable)
  if (mayRead) {
    const told = changesOf(second).map(({ path, kind }): [string, string] => [
      nameOf(path).slice(nameOf(bench.project).length + 1) || '.',
      kind,
    ])
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(differing(before, inside)))
  }
  if (!mayRead) return
  expect(applyChanges(planApply(second, Date.now() + 1000)).skipped).toEqual([])
  expect(manifestOf(bench.project)).toEqual(inside)
})

/**
 * An overlay gives a file that was copied up another inode number than its new links, until it is mounted
 * anew (overlayfs.rst, Non-standard behavior).
 */
function seenAnew(bench: ChangesBench, upper: string, lowers: string[], scratch: string): View {
  mkdirSync(bench.beside(`${scratch}/upper`), { recursive: true })
  chmodSync(bench.beside(`${scratch}/upper`), lstatSync(upper).mode & 0o7777)
  return { lowers: [upper, ...lowers], scratch: bench.beside(scratch) }
}

/** An ordinary user may not read all of his own files, and nothing of the host's is opened up for a look. */
function isReadable(line: string): boolean {
  return process.geteuid?.() === 0 || (/^12|^(10|4)\d?[4567]\d\d /.test(line) && !/^4\d?[46]/.test(line))
}

function withoutLinks(manifest: Manifest): Manifest {
  return Object.fromEntries(Object.entries(manifest).map(([path, line]) => [path, line.replace(/ = .*/s, '')]))
}

function copyOf(bench: ChangesBench, name: string): string {
  // In a namespace where an ordinary user is not held up by modes.
  execFileSync('unshare', ['--user', '--map-root-user', 'cp', '-a', bench.project, bench.beside(name)])
  return bench.beside(name)
}

/** Kind by path, without what was below a directory that is gone. */
function differing(then: Manifest, now: Manifest): [path: string, kind: string][] {
  const [before, after] = [withoutLinks(then), withoutLinks(now)]
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((path): [string, string][] => {
    const line = after[path]
    if (before[path] === line || (line === undefined && isBelowGone(path, after))) return []
    return [[path, line === undefined ? 'deleted' : before[path] === undefined ? 'added' : 'modified']]
  })
}

function isBelowGone(path: string, after: Manifest): boolean {
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '.'
  return !after[parent]?.startsWith('4')
}
