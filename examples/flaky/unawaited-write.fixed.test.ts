// class: race
// mechanism: the log is flushed before it is read
// knob: uv, cores

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { AccessLog } from './src/access-log.ts'

test('a request has its line in the log', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'log-'))
  const log = await AccessLog.open(join(directory, 'access.log'))
  onTestFinished(async () => {
    await log.close()
    await rm(directory, { recursive: true })
  })
  expect(log.answer('/prices')).toContain('/prices')
  await log.flush()
  expect(readFileSync(join(directory, 'access.log'), 'utf8')).toBe('GET /prices\n')
})
