// class: leak
// mechanism: a stream is written to without waiting for it: memory grows when the disk is slower than the writer
// knob: uv, cores

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exportRows } from './src/export.ts'

test('an export does not grow in memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'export-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const most = await exportRows(join(directory, 'rows.csv'), 400, false)
  expect(most).toBeLessThan(1_000_000)
})
