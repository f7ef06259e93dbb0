// class: network
// mechanism: the address of another interface than lo is used
// knob: net

// @nsbox net=host
import { createServer } from 'node:http'
import { type AddressInfo, isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { expect, onTestFinished, test } from 'vitest'

test('the development server is reached from the network', async () => {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? [])
  const host = addresses.find(({ address, internal }) => !internal && isIPv4(address))?.address
  const server = createServer((_, response) => response.end('welcome')).listen(0)
  onTestFinished(() => void server.close())
  const response = await fetch(`http://${host}:${(server.address() as AddressInfo).port}/`)
  expect(await response.text()).toBe('welcome')
})
