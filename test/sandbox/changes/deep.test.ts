// @module-tag root
// Promise: what lies deeper than a path may be long (PATH_MAX) is told, applied, kept and exported like all else, and removed.

import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { changesOf } from '../../../src/changes/changes-of.ts'
import { exportLayers } from '../../../src/changes/export.ts'
import { keepLayers } from '../../../src/changes/keep.ts'
import { writesOf } from '../../../src/changes/writes.ts'
import { reach } from '../../../src/sys/long-path.ts'
import { removeTree } from '../../../src/sys/remove-tree.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { brief, changesBench } from '../../support/changes/bench.ts'

/** Perl that makes directories in each other, goes into the last, and runs a shell script there. */
const inDeep = (name: string, depth: number, act: string): [string, string] => [
  '-e',
  `for (1..${depth}) { mkdir "${name}" or die "$!"; chdir "${name}" or die "$!" } system("/bin/sh", "-ec", '${act}') and exit 1`,
]
const perl = (words: [string, string]) => `perl ${words[0]} '${words[1].replaceAll("'", "'\\''")}'`

test('told, kept, exported, applied and deleted again', async () => {
  const [name, depth] = ['n'.repeat(255), 20]
  const bench = changesBench({ z: '1', gone: '' })
  const layer = await bench.layer(`${perl(inDeep(name, depth, 'echo deep > file; ln file other; chmod 0 file'))}; echo 2 > z; rm gone`)
  const path = Array(depth).fill(name).join('/')
  const told = brief(changesOf(layer), bench.project)
  expect([told.length, told.includes(`A ${path}/file`), told.at(-1)]).toEqual([depth + 4, true, 'M z'])
  expect(
    [...writesOf(layer, () => false)].filter((write) => write !== null).map((write) => write.path.slice(bench.project.length + 1)),
  ).toEqual([`${path}/file`, `${path}/other`, 'gone', 'z'].sort())

  expect(keepLayers([layer], bench.beside('kept'), { command: [], startedMs: 0 })).toEqual({ skipped: [], missing: [] })
  expect(brief(changesOf({ ...layer, upper: bench.beside('kept/0') }), bench.project)).toEqual(told)
  exportLayers([layer], layer.target, bench.beside('layer.tar'))
  const listed = execFileSync('tar', ['-tf', bench.beside('layer.tar')], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')
  expect(listed).toContain(`${path}/file`)

  expect(applyChanges(planApply(layer, bench.startedMs)).applied).toHaveLength(told.length)
  const stat = lstatSync(reach(`${bench.project}/${path}/file`))
  expect([stat.mode & 0o777, stat.size, stat.nlink]).toEqual([0, 5, 2])
  expect(changesOf(layer)).toEqual([])

  const back = await bench.layer(`rm -r ${name}`)
  expect(brief(applyChanges(planApply(back, Date.now() + 1000)).applied, bench.project)).toEqual([`D ${name}`])
  expect(existsSync(bench.path(name))).toBe(false)
})

test('what is deeper than that by far is named, and all else kept and applied', async () => {
  const bench = changesBench()
  const layer = await bench.layer(`${perl(inDeep('d'.repeat(200), 100, 'touch file'))}; echo 1 > z`)
  const changes = changesOf(layer)
  const last = changes.at(-2)
  expect([last?.tooDeep, changes.at(-1)?.path]).toEqual([true, bench.path('z')])
  const path = last?.path as string
  const missing = [{ path, reason: 'what lies below has paths of more than 16384 bytes' }]
  expect(keepLayers([layer], bench.beside('kept'), { command: [], startedMs: 0 })).toEqual({ skipped: [], missing })
  expect(exportLayers([layer], layer.target, bench.beside('layer.tar'))).toEqual({ skipped: [path] })
  expect([...writesOf(layer, () => false)].filter((write) => write !== null).map((write) => write.path)).toEqual([path, bench.path('z')])
  expect(() => applyChanges(planApply(layer, bench.startedMs))).toThrow(
    /^83 of 83 changes of .* were applied; these failed:\n {2}d+.*: what lies below/,
  )
  expect(readFileSync(bench.path('z'), 'utf8')).toBe('1\n')
})

test('short names in many levels: told, and removed, closed directories too', () => {
  const bench = changesBench()
  const upper = bench.beside('upper')
  mkdirSync(upper, { mode: 0o755 })
  execFileSync('perl', inDeep('dd', 1500, 'touch file; chmod 0 .'), { cwd: upper })
  const layer = { target: bench.project, upper, lowers: [bench.project] }
  expect(changesOf(layer)).toHaveLength(1501)
  expect([...writesOf(layer, () => false)].filter((write) => write !== null)).toHaveLength(1)
  removeTree(upper)
  expect(existsSync(upper)).toBe(false)
})
