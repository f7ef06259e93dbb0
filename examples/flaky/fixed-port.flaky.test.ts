// class: environment
// mechanism: a fixed port, which one process of the machine can have
// knob: twins

import { expect, onTestFinished, test } from 'vitest'
import { startGreeter } from './src/greeter.ts'

test('greets everybody', async () => {
  const port = 34_567
  const server = await startGreeter(port)
  onTestFinished(() => void server.close())
  for (const name of ['ada', 'grace', 'edsger', 'barbara']) {
    const response = await fetch(`http://127.0.0.1:${port}/${name}`)
    expect(await response.text()).toBe(`hello ${name}`)
  }
})
