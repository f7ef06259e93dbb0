// class: resources
// mechanism: as many directories as the test needs
// knob: inotify

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeTree, watchTree } from './src/tree.ts'

test('watches every package', () => {
  const root = mkdtempSync(join(tmpdir(), 'packages-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  makeTree(root, 3)
  const watchers = watchTree(root, 3)
  expect(watchers).toHaveLength(3)
  for (const watcher of watchers) watcher.close()
})
