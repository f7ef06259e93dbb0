// class: resources
// mechanism: a file of production’s size: ENOSPC on a small disk
// knob: disk

import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeRingFile } from './src/ring-file.ts'

test('a ring file has its size', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ring-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const path = join(directory, 'events.ring')
  await makeRingFile(path, 100 * 2 ** 20)
  expect((await stat(path)).size).toBe(100 * 2 ** 20)
})
