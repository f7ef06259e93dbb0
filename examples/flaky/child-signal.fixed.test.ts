// class: race
// mechanism: the child says when it is ready
// knob: cpu, freeze

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the daemon ends in good order', { timeout: 60_000 }, async () => {
  const daemon = spawn(process.execPath, [join(import.meta.dirname, 'src/daemon.ts')])
  await once(daemon.stdout, 'data')
  daemon.kill('SIGTERM')
  const [code, signal] = await once(daemon, 'exit')
  expect({ code, signal }).toEqual({ code: 0, signal: null })
})
