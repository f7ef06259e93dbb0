// Promise: each packet of localhost arrives that much later, or never, for any program, and connections are else as they were.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { trafficRefusal } from '../../src/launch/traffic-trial.ts'
import type { SandboxRequest } from '../../src/plan/request.ts'
import { Bench, collect, firstOutput } from '../support/sandbox.ts'

let bench: Bench
let refusal: string | undefined
beforeAll(async () => {
  bench = new Bench()
  await bench.zygote.prepared
  // Kernels of guests that have netem have no tmpfs for overlays (test/lab).
  await bench.plans.useDisk()
  refusal = await trafficRefusal(bench.zygote, bench.plans)
})
afterAll(() => bench.close())

function needsTraffic(context: TestContext, host = '127.0.0.1'): void {
  if (refusal !== undefined) context.skip(`missing here: ${refusal}`)
  if (host === '::1' && !existsSync('/proc/net/if_inet6')) context.skip('missing here: IPv6')
}

const inside = `
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
const tell = (value) => { process.stdout.write(JSON.stringify(value)); process.exit() }
const took = async (act) => { const began = performance.now(); const result = await act(); return [Math.floor(performance.now() - began), result] }
const listen = async (host, handle) => {
  const server = createServer({ allowHalfOpen: true }, handle).listen(0, host)
  await once(server, 'listening')
  return server.address().port
}
const open = async (host, port) => { const socket = connect({ host, port, allowHalfOpen: true, noDelay: true }); await once(socket, 'connect'); return socket }
`

async function told(script: string, change: Partial<SandboxRequest>) {
  const { stdout, stderr, error } = await bench.node(inside + script, { change })
  if (stdout === '') throw new Error(`The sandbox told nothing: ${stderr} ${JSON.stringify(error)}`)
  return JSON.parse(stdout)
}

const slow = { traffic: { delay: 60, loss: 0, seed: 1 } }

describe.each(['127.0.0.1', '::1'])('on %s', (host) => {
  test('a handshake and an answer take two of them each, a datagram one; who connects is seen as who he is', async (context) => {
    needsTraffic(context, host)
    const seen = await told(
      `const peers = []
      const port = await listen('${host}', (socket) => { peers.push([socket.remoteAddress, socket.remotePort]); socket.pipe(socket) })
      const [connecting, socket] = await took(() => open('${host}', port))
      const [answer] = await took(() => { socket.write('x'); return once(socket, 'data') })
      const own = [socket.localAddress, socket.localPort]
      const receiver = createSocket('${host}' === '::1' ? 'udp6' : 'udp4').bind(0, '${host}')
      await once(receiver, 'listening')
      const [datagram] = await took(() => { receiver.send('x', receiver.address().port, '${host}'); return once(receiver, 'message') })
      const refused = await open('${host}', 1).catch((error) => error.code)
      tell({ connecting, answer, datagram, refused, peers, own })`,
      slow,
    )
    expect(seen.connecting).toBeGreaterThanOrEqual(120)
    expect(seen.answer).toBeGreaterThanOrEqual(120)
    expect(seen.datagram).toBeGreaterThanOrEqual(60)
    // Nobody listens there.
    expect(seen.refused).toBe('ECONNREFUSED')
    expect(seen.peers).toEqual([seen.own])
  })

  test('one direction may end before the other, and much arrives whole and in order', async (context) => {
    needsTraffic(context, host)
    const seen = await told(
      `const port = await listen('${host}', async (socket) => { const asked = await text(socket); socket.end(asked + '!') })
      const socket = await open('${host}', port)
      const much = Array.from({ length: 200_000 }, (_, index) => index).join()
      socket.end(much)
      tell({ same: await text(socket) === much + '!' })`,
      { traffic: { delay: 5, loss: 0.02, seed: 7 } },
    )
    expect(seen.same).toBe(true)
  })
})

/** All that has arrived when one that was sent after them has, or half a second is over. Few enough for the receiver's buffer. */
const ofDatagrams = `const receiver = createSocket('udp4').bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  let arrived = 0
  const send = (data) => receiver.send(data, receiver.address().port, '127.0.0.1')
  receiver.on('message', (data) => (String(data) === 'last' ? tell({ arrived }) : arrived++))
  for (let count = 0; count < 200; count++) send('one')`

test('a fraction of packets is lost, or all', async (context) => {
  needsTraffic(context)
  const { arrived } = await told(`${ofDatagrams}\nsetInterval(send, 20, 'last')`, { traffic: { delay: 0, loss: 0.5, seed: 3 } })
  // Ten standard deviations around 100.
  expect(Math.abs(arrived - 100)).toBeLessThan(71)
  const none = await told(`${ofDatagrams}\nsetTimeout(() => tell({ arrived }), 500)`, { traffic: { delay: 0, loss: 1, seed: 3 } })
  expect(none).toEqual({ arrived: 0 })
})

test('what leads out and in goes by the same way', async (context) => {
  needsTraffic(context)
  const server = createServer((socket) => socket.end('outside')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [listen, out] = [[{ listen: 0, to: 3000 }], [{ listen: port, to: port }]]
  const sandbox = bench.start(
    [
      process.execPath,
      '--input-type=module',
      '--eval',
      `${inside}
      createServer((socket) => socket.end('inside')).listen(3000, '127.0.0.1', async () => process.stdout.write(await text(await open('127.0.0.1', ${port}))))`,
    ],
    { change: { ...slow, expose: listen, forward: out } },
  )
  const [exposed] = sandbox.ports?.exposed ?? []
  expect(await firstOutput(sandbox)).toBe('outside')
  expect(await text(connect(exposed?.listen as number, '127.0.0.1'))).toBe('inside')
  sandbox.kill()
  await collect(sandbox)
  server.close()
})

test('netem does it where the kernel has that, and else the host', async (context) => {
  needsTraffic(context)
  const sandbox = bench.start(['true'], { change: slow })
  await sandbox.ended
  const guest = process.env['NSBOX_TEST_GUEST']
  if (guest !== undefined) expect(sandbox.traffic?.heldBy).toBe('netem')
  else expect(['netem', 'nfnetlink_queue, emptied by the host']).toContain(sandbox.traffic?.heldBy)
})

test('nobody inside can undo it', async (context) => {
  needsTraffic(context)
  const { connecting } = await told(
    `const { spawnSync } = await import('node:child_process')
    spawnSync('nft flush ruleset; tc qdisc del dev lo root', { shell: true })
    const port = await listen('127.0.0.1', (socket) => socket.end())
    const [connecting] = await took(() => open('127.0.0.1', port))
    tell({ connecting })`,
    slow,
  )
  expect(connecting).toBeGreaterThanOrEqual(120)
})
