// Promise: each packet of localhost arrives that much later, or never, for any program, and connections are else as they were.

import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest'
import { trafficRefusal } from '../../src/launch/traffic-trial.ts'
import type { SandboxRequest } from '../../src/plan/request.ts'
import { Bench, collect, firstOutput, payloadProgram, seesRepository } from '../support/sandbox.ts'

let bench: Bench
let refusal: string | undefined
beforeAll(async () => {
  bench = new Bench({ request: seesRepository })
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

/** One of the programs of test/fixtures/payload/traffic.ts. */
const inside = (name: string, ...args: (string | number)[]) => payloadProgram('traffic', name, ...args)

async function told(change: Partial<SandboxRequest>, name: string, word = '') {
  const { stdout, stderr, error } = await bench.exec(inside(name, word), { change })
  if (stdout === '') throw new Error(`The sandbox told nothing: ${stderr} ${JSON.stringify(error)}`)
  return JSON.parse(stdout)
}

const slow = { traffic: { delay: 60, loss: 0, seed: 1 } }

describe.each(['127.0.0.1', '::1'])('on %s', (host) => {
  test('a handshake and an answer take two of them each, a datagram one; who connects is seen as who he is', async (context) => {
    needsTraffic(context, host)
    const seen = await told(slow, 'times', host)
    expect(seen.connecting).toBeGreaterThanOrEqual(120)
    expect(seen.answer).toBeGreaterThanOrEqual(120)
    expect(seen.datagram).toBeGreaterThanOrEqual(60)
    // Nobody listens there.
    expect(seen.refused).toBe('ECONNREFUSED')
    expect(seen.peers).toEqual([seen.own])
  })

  test('one direction may end before the other, and much arrives whole and in order', async (context) => {
    needsTraffic(context, host)
    const seen = await told({ traffic: { delay: 5, loss: 0.02, seed: 7 } }, 'much, and one end first', host)
    expect(seen.same).toBe(true)
  })
})

test('a fraction of packets is lost, or all', async (context) => {
  needsTraffic(context)
  const { arrived } = await told({ traffic: { delay: 0, loss: 0.5, seed: 3 } }, 'until the last')
  // Ten standard deviations around 100.
  expect(Math.abs(arrived - 100)).toBeLessThan(71)
  const none = await told({ traffic: { delay: 0, loss: 1, seed: 3 } }, 'for half a second')
  expect(none).toEqual({ arrived: 0 })
})

test('what leads out and in goes by the same way', async (context) => {
  needsTraffic(context)
  const server = createServer((socket) => socket.end('outside')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const [listen, out] = [[{ listen: 0, to: 3000 }], [{ listen: port, to: port }]]
  const sandbox = bench.start(inside('out and in', port), { change: { ...slow, expose: listen, forward: out } })
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
  const { connecting } = await told(slow, 'undoing')
  expect(connecting).toBeGreaterThanOrEqual(120)
})
