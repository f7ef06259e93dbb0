// class: network
// mechanism: localhost, which is there on every machine
// knob: net

// @nsbox net=host
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'

test('the development server is reached from the network', async () => {
  const server = createServer((_, response) => response.end('welcome')).listen(0, '0.0.0.0')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  expect(address).toBe('0.0.0.0')
  const response = await fetch(`http://127.0.0.1:${port}/`)
  expect(await response.text()).toBe('welcome')
})
