// Promise: a network of its own with nothing but localhost.

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { resultOf } from '../support/evaluate.ts'
import { Bench, collect, firstOutput, payloadFixture } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench({ mode: 'threads', preload: payloadFixture('evaluate') })
})
afterAll(() => bench.close())

test('localhost answers, and there is no other interface', async () => {
  const { stdout } = await bench.node(`
    import { networkInterfaces } from 'node:os'
    import { readFileSync } from 'node:fs'
    console.log(JSON.stringify([networkInterfaces(), readFileSync('/proc/net/dev', 'utf8').trim().split('\\n').length - 2]))
  `)
  const [interfaces, count] = JSON.parse(stdout)
  expect(count).toBe(1)
  expect(interfaces.lo.map(({ address }: { address: string }) => address)).toEqual(['127.0.0.1', '::1'])
  expect(Object.keys(interfaces)).toEqual(['lo'])
})

test('two sandboxes have the same port at the same time', async () => {
  const script = `
    import { createServer } from 'node:net'
    createServer((socket) => socket.end()).listen(8080, () => console.log('listens'))
  `
  const start = () => bench.start([process.execPath, '--input-type=module', '--eval', script])
  const sandboxes = [start(), start()]
  expect(await Promise.all(sandboxes.map(firstOutput))).toEqual(['listens\n', 'listens\n'])
  for (const sandbox of sandboxes) sandbox.kill()
  await Promise.all(sandboxes.map(collect))
})

const reach = (_: unknown, host: string, port: number) =>
  new Promise<string>((resolve) => {
    const socket = process.getBuiltinModule('node:net').connect({ host, port })
    socket
      .once('connect', () => {
        socket.destroy()
        resolve('connected')
      })
      .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })

test("the host's ports are out of reach", async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(await resultOf(bench, reach, '127.0.0.1', port)).toBe('ECONNREFUSED')
  expect(await resultOf(bench, reach, '192.0.2.1', port)).toBe('ENETUNREACH')
  server.close()
})

test("net: 'host' reaches them", async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const shared = new Bench({ mode: 'threads', preload: payloadFixture('evaluate'), request: { net: 'host' } })
  expect(await resultOf(shared, reach, '127.0.0.1', port).finally(() => shared.close())).toBe('connected')
  server.close()
})
