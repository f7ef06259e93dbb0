// class: async wait
// mechanism: waits for the end of the process
// knob: cpu, freeze

import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'

test('the build makes an archive', { timeout: 60_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'build-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const archive = join(directory, 'bundle.gz')
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, 'src/build.ts'), archive])
  expect(existsSync(archive)).toBe(true)
})
