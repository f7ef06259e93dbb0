// class: resources
// mechanism: a watch for each of many directories: ENOSPC where few may be watched
// knob: inotify

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeTree, watchTree } from './src/tree.ts'

test('watches every package', () => {
  const root = mkdtempSync(join(tmpdir(), 'packages-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  makeTree(root, 200)
  const watchers = watchTree(root, 200)
  expect(watchers).toHaveLength(200)
  for (const watcher of watchers) watcher.close()
})
