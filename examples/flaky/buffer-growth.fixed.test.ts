// class: leak
// mechanism: the writer waits for the stream
// knob: uv, cores

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { exportRows } from './src/export.ts'

test('an export does not grow in memory', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'export-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const most = await exportRows(join(directory, 'rows.csv'), 400, true)
  expect(most).toBeLessThan(1_000_000)
})
