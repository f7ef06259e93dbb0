// class: network
// mechanism: retries without backoff, each with a time limit that only an idle loopback keeps
// knob: delay, loss

import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from './src/client.ts'
import { startGreeter } from './src/greeter.ts'

test('asks until there is an answer', async () => {
  const server = await startGreeter(0)
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  for (const name of ['ada', 'grace', 'edsger', 'barbara', 'alan', 'radia'])
    expect(await ask(`http://127.0.0.1:${port}/${name}`, { tries: 3, timeout: 150, backoff: 0 })).toBe(`hello ${name}`)
})
