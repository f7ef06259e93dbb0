// class: race
// mechanism: child process: the signal must come after its handler is there
// knob: cpu, freeze

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'

test('the daemon ends in good order', async () => {
  const daemon = spawn(process.execPath, [join(import.meta.dirname, 'src/daemon.ts')])
  await sleep(500)
  daemon.kill('SIGTERM')
  const [code, signal] = await once(daemon, 'exit')
  expect({ code, signal }).toEqual({ code: 0, signal: null })
})
