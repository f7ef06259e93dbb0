// class: race
// mechanism: the server says that it listens, and where
// knob: cpu, freeze

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

test('the server is up', { timeout: 60_000 }, async () => {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'src/server.ts')])
  onTestFinished(() => void server.kill())
  const [said] = (await once(server.stdout.setEncoding('utf8'), 'data')) as [string]
  const response = await fetch(`http://127.0.0.1:${said.split(' ')[1]?.trim()}/health`)
  expect(await response.json()).toEqual({ status: 'up' })
})
