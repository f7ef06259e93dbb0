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
  makeTree(root, 300)
  const watchers = watchTree(root, 300)
  expect(watchers).toHaveLength(300)
  for (const watcher of watchers) watcher.close()
})
