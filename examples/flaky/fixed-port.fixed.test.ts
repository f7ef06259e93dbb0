// class: environment
// mechanism: a port that the kernel chooses
// knob: twins

import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startGreeter } from './src/greeter.ts'

test('greets everybody', async () => {
  const server = await startGreeter(0)
  const { port } = server.address() as AddressInfo
  onTestFinished(() => void server.close())
  for (const name of ['ada', 'grace', 'edsger', 'barbara']) {
    const response = await fetch(`http://127.0.0.1:${port}/${name}`)
    expect(await response.text()).toBe(`hello ${name}`)
  }
})
