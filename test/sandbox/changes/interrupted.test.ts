// @module-tag root
// Promise: applying that is stopped, wherever that is, leaves whole entries and nothing temporary, and can be gone on with.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync } from 'node:fs'
import { expect, test } from 'vitest'
import { applyAll } from '../../../src/changes/apply.ts'
import type { UpperLayer } from '../../../src/changes/changed.ts'
import { interruption, isInterruption, type Steps } from '../../../src/changes/steps.ts'
import { emptyDirectory } from '../../../src/sys/remove-tree.ts'
import { applyChanges, planApply } from '../../support/changes/apply.ts'
import { type ChangesBench, changesBench } from '../../support/changes/bench.ts'
import { type Manifest, manifestOf } from '../../support/changes/manifest.ts'

/** Stops after so many steps. Undefined where there are not so many. */
function stoppedAfter(steps: Steps<unknown>, count: number): Error | undefined {
  for (let made = 0; ; made++) {
    try {
      if ((made < count ? steps.next() : steps.throw(interruption('SIGINT'))).done) return undefined
    } catch (error) {
      if (isInterruption(error)) return error
      throw error
    }
  }
}

function reset({ project }: ChangesBench, original: string): void {
  emptyDirectory(project)
  execFileSync('cp', ['-a', `${original}/.`, project])
}

test('at every step: whole entries, modes as they were, nothing temporary; applied again, all is there', { timeout: 90_000 }, async () => {
  const bench = changesBench({
    'd/old': 'old',
    'd/gone': '',
    'd/sub/x': 'x',
    'e/f/g': '',
    file: '',
    'dir/in': 'in',
    shut: 'secret',
    z: 'z',
  })
  symlinkSync('file', bench.path('link'))
  for (const name of ['d/sub', 'd']) chmodSync(bench.path(name), 0o555)
  const original = bench.beside('original')
  mkdirSync(original)
  execFileSync('cp', ['-a', `${bench.project}/.`, original])
  const layer: UpperLayer = await bench.layer(`
    chmod 755 d d/sub; echo new > d/old; echo 1 > d/new; rm d/gone; echo y > d/sub/y; chmod 555 d/sub d; rm -r e
    rm -r dir; echo file > dir; rm file; mkdir -m 750 file; echo in > file/in; ln file/in file/also; rm link; ln -s z link
    chmod 0 shut; echo longer > z; ln z z2; mkdir -m 0 closed; mkfifo pipe`)
  const upper = manifestOf(layer.upper)
  const before = manifestOf(original)
  reset(bench, original)
  applyChanges(planApply(layer, Date.now() + 1000))
  const after = manifestOf(bench.project)
  const counts = new Set<string>()
  reset(bench, original)
  for (let count = 0; ; count++) {
    const error = stoppedAfter(applyAll([planApply(layer, Date.now() + 1000)]), count)
    if (!error) break
    const [, applied] = /^interrupted by SIGINT after (\d+) of \d+ changes of \S+ were applied$/.exec(error.message) ?? []
    if (applied === undefined) {
      expect([error.message, manifestOf(bench.project)]).toEqual(['interrupted by SIGINT', before])
      continue
    }
    counts.add(applied)
    expectOldOrNew(manifestOf(bench.project), before, after)
    applyChanges(planApply(layer, Date.now() + 1000))
    expect(manifestOf(bench.project)).toEqual(after)
    reset(bench, original)
  }
  expect(manifestOf(layer.upper)).toEqual(upper)
  expect(counts.size).toBeGreaterThan(10)
})

/** Links of a file are told by all their names, of which some may not be there yet. */
function expectOldOrNew(now: Manifest, before: Manifest, after: Manifest): void {
  const alone = (line: string | undefined) => line?.replace(/ = .*/, '')
  for (const [name, line] of Object.entries(now)) expect([before[name], after[name]].map(alone)).toContain(alone(line))
  for (const name of Object.keys(before)) if (after[name] !== undefined) expect(now).toHaveProperty([name])
}

test('one that is stopped before the first write has written nothing, and what was opened up to be read is closed again', async () => {
  const bench = changesBench({ a: '' })
  const layer = await bench.layer('echo secret > new; mkdir shut; touch shut/in; chmod 0 new shut')
  const [upper, project] = [manifestOf(layer.upper), manifestOf(bench.project)]
  expect(stoppedAfter(applyAll([planApply(layer, bench.startedMs)]), 3)?.message).toBe('interrupted by SIGINT')
  expect([manifestOf(layer.upper), manifestOf(bench.project)]).toEqual([upper, project])
})
