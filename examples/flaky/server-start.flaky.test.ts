// class: race
// mechanism: client and server: a fixed time is waited for the server to listen
// knob: cpu, freeze

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'

test('the server is up', async () => {
  const port = 20_000 + (process.pid % 10_000)
  const server = spawn(process.execPath, [join(import.meta.dirname, 'src/server.ts'), String(port)])
  onTestFinished(() => void server.kill())
  await sleep(1000)
  const response = await fetch(`http://127.0.0.1:${port}/health`)
  expect(await response.json()).toEqual({ status: 'up' })
})
