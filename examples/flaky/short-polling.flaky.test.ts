// class: async wait
// mechanism: polls for too short a time
// knob: cpu, freeze

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

test('the build makes an archive', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'build-'))
  const archive = join(directory, 'bundle.gz')
  const build = spawn(process.execPath, [join(import.meta.dirname, 'src/build.ts'), archive])
  onTestFinished(async () => {
    build.kill()
    await rm(directory, { recursive: true })
  })
  await vi.waitFor(() => expect(existsSync(archive)).toBe(true))
})
