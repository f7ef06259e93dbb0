// Promise: the ports that are named lead to the host's localhost, or in from there; nothing else does, and nothing of it is left.

import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { Ports } from '../../src/launch/ports.ts'
import type { PortPair } from '../../src/plan/reach.ts'
import { holdPort } from '../support/ports.ts'
import { until } from '../support/processes.ts'
import { Bench, collect, firstOutput, type Outcome, payloadProgram, seesRepository } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench({ request: seesRepository })
  return bench.zygote.prepared
})
afterAll(() => bench.close())

const servers = new Set<Server>()
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all([...servers].map(stop))
})

/** A server on the host's localhost; its port. */
async function serve(handle: (socket: Socket) => void, { host = '127.0.0.1', port = 0 } = {}): Promise<{ port: number; server: Server }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('close', () => sockets.delete(socket)))
    handle(socket)
  })
  await once(server.listen(port, host), 'listening')
  servers.add(server)
  return { port: (server.address() as AddressInfo).port, server }
}

async function stop(server: Server): Promise<void> {
  servers.delete(server)
  if (server.listening) await once(server.close(), 'close')
}

const echo = (socket: Socket) => void socket.on('error', () => undefined).pipe(socket)

/** One of the programs of test/fixtures/payload/ports.ts. */
const inside = (name: string, ...args: (string | number)[]) => payloadProgram('ports', name, ...args)

/** What it tells, with these ports forwarded. */
async function told(name: string, forward: PortPair[], ...ports: number[]): Promise<unknown[]> {
  return lines(await bench.exec(inside(name, ...ports), { change: { forward } }))
}

function lines(outcome: Outcome): unknown[] {
  if (outcome.exitCode !== 0) throw new Error(`The sandbox ended otherwise: ${JSON.stringify(outcome)}`)
  return outcome.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

describe('forward', () => {
  test('32 MB there and back, unchanged', async () => {
    const { port } = await serve(echo)
    expect(await told('much there and back', [{ listen: 5000, to: port }])).toEqual([[32 << 20, true]])
  })

  test('200 connections at once', async () => {
    const { port } = await serve(echo)
    expect(await told('200 connections', [{ listen: 5000, to: port }])).toEqual([200])
  })

  test('either direction ends by itself', async () => {
    const answersAtEnd = await serve((socket) => void text(socket).then((said) => socket.end(`heard ${said}`)))
    const endsFirst = await serve((socket) => {
      socket.end('first')
      void text(socket).then((said) => afterwards.resolve(said))
    })
    const afterwards = Promise.withResolvers<string>()
    const ports = [
      { listen: 5000, to: answersAtEnd.port },
      { listen: 5001, to: endsFirst.port },
    ]
    expect(await told('either direction ends', ports)).toEqual(['heard all', 'first'])
    expect(await afterwards.promise).toBe('second')
  })

  test('a reset is a reset at the other end', async () => {
    const seen = Promise.withResolvers<string | undefined>()
    const { port } = await serve(
      (socket) => void socket.on('error', ({ code }: NodeJS.ErrnoException) => seen.resolve(code)).write('hello'),
    )
    const resets = await serve((socket) => void socket.once('data', () => socket.resetAndDestroy()))
    const ports = [
      { listen: 5000, to: port },
      { listen: 5001, to: resets.port },
    ]
    expect(await told('resets', ports)).toEqual(['ECONNRESET'])
    expect(await seen.promise).toBe('ECONNRESET')
  })

  test('a reader that is slow slows the writer down', async () => {
    const begun = Promise.withResolvers<Socket>()
    const { port } = await serve((socket) => begun.resolve(socket.pause()))
    const sandbox = bench.start(inside('a slow reader'), { change: { forward: [{ listen: 5000, to: port }] } })
    const output = collect(sandbox)
    const socket = await begun.promise
    expect(Number(await firstOutput(sandbox))).toBeLessThan(64)
    socket.resume().on('end', () => socket.end())
    expect((await output).exitCode).toBe(0)
    expect(socket.bytesRead).toBeGreaterThanOrEqual(96 << 20)
  })

  test('a service that is not there: a reset, until it is; and again', async () => {
    const port = await holdPort()
    const sandbox = bench.start(inside('four changes'), { change: { forward: [{ listen: 5000, to: port }] } })
    let said = ''
    sandbox.stdout.on('data', (chunk) => {
      said += chunk
    })
    const saidLines = (count: number) => until(() => said.split('\n').length > count)
    await saidLines(1)
    const first = await serve((socket) => void socket.end('first'), { port })
    await saidLines(2)
    await stop(first.server)
    await saidLines(3)
    await serve((socket) => void socket.end('second'), { port })
    await sandbox.ended
    expect(said.trim().split('\n')).toEqual(['"ECONNRESET"', '"first"', '"ECONNRESET"', '"second"'])
    expect([...(sandbox.ports?.refused ?? [])]).toEqual([port])
  })

  test('what was sent before the end arrives', async () => {
    const heard: Promise<string>[] = []
    const { port } = await serve((socket) => void heard.push(text(socket)))
    await told('an end after sending', [{ listen: 5000, to: port }])
    expect((await Promise.all(heard)).map(({ length }) => length)).toEqual([500_000])
  })

  test('many sandboxes forward the same port', async () => {
    const { port } = await serve((socket) => void socket.once('data', (data) => socket.end(`heard ${data}`)))
    const change = { forward: [{ listen: 5000, to: port }] }
    const names = Array.from({ length: 8 }, (_, index) => `n${index}`)
    const talk = 'exec 3<>/dev/tcp/127.0.0.1/5000; printf "$0" >&3; cat <&3'
    const outcomes = await Promise.all(names.map((name) => bench.exec(['/bin/bash', '-c', talk, name], { change })))
    expect(outcomes.map(({ stdout }) => stdout)).toEqual(names.map((name) => `heard ${name}`))
  })

  test('it is taken inside, over IPv4 and IPv6 and below 1024 too, and leads nowhere else', async () => {
    const [named, low, six] = await Promise.all([
      serve((socket) => void socket.end('named')),
      serve((socket) => void socket.end('low')),
      serve((socket) => void socket.end('six'), { host: '::1' }),
    ])
    const ports = [
      { listen: 5000, to: named.port },
      { listen: 80, to: low.port },
      { listen: 6000, to: six.port },
    ]
    const taken = ['EADDRINUSE', 'EADDRINUSE']
    expect(await told('what is taken', ports, 5000, 80, 6000, 5001, named.port)).toEqual([
      ...taken,
      'named',
      'low',
      'six',
      'ECONNREFUSED',
      'ECONNREFUSED',
      'six',
    ])
  })

  test('in a sandbox of a warm node', async () => {
    const { port } = await serve((socket) => void socket.end('warm'))
    const warm = new Bench({ mode: 'threads', request: seesRepository })
    const outcome = await warm.exec(inside('one answer'), { change: { forward: [{ listen: 5000, to: port }] } })
    expect(lines(outcome)).toEqual(['warm'])
    await warm.close()
  })
})

describe('expose', () => {
  /** A server inside, and what the host makes of it. */
  async function exposing<T>(name: string, expose: PortPair[], use: (ports: number[]) => Promise<T>): Promise<T> {
    const sandbox = bench.start(inside(name), { change: { expose } })
    const ended = collect(sandbox)
    await firstOutput(sandbox)
    try {
      return await use((sandbox.ports?.exposed ?? []).map(({ listen }) => listen))
    } finally {
      sandbox.kill()
      await ended
    }
  }

  test('16 MB there and back, 100 connections at once, over IPv4 and IPv6', async () => {
    await exposing('echo', [{ listen: 0, to: 3000 }], async ([port = 0]) => {
      const digest = (data: Buffer) => createHash('sha256').update(data).digest('hex')
      const exchange = async (data: Buffer, host: string) => {
        const socket = connect({ host, port })
        socket.end(data)
        const chunks: Buffer[] = []
        for await (const chunk of socket) chunks.push(chunk as Buffer)
        return digest(Buffer.concat(chunks)) === digest(data)
      }
      expect(await exchange(randomBytes(16 << 20), '127.0.0.1')).toBe(true)
      const many = Array.from({ length: 100 }, (_, index) => exchange(randomBytes(index * 100), index % 2 ? '127.0.0.1' : '::1'))
      expect((await Promise.all(many)).filter(Boolean)).toHaveLength(100)
    })
  })

  test('a server on ::1 alone, and none at all', async () => {
    const ports = [
      { listen: 0, to: 3000 },
      { listen: 0, to: 3001 },
    ]
    await exposing('a server on ::1', ports, async ([there = 0, absent = 0]) => {
      expect(await text(connect(there))).toBe('six')
      await expect(text(connect(absent))).rejects.toMatchObject({ code: 'ECONNRESET' })
    })
  })

  test('a port that is taken is named', async () => {
    const { port } = await serve(() => undefined)
    const { plan, release } = bench.plans.next({ expose: [{ listen: port, to: 3000 }] })
    expect(() => Ports.of(plan)?.expose()).toThrow(
      expect.objectContaining({ code: 'ERR_NSBOX_PORT', message: `expose is ${port}:3000: port ${port} of the host's localhost is taken` }),
    )
    release()
  })

  test('what is made for connections cannot be seen inside', async () => {
    await exposing('what listens', [{ listen: 0, to: 3000 }], async ([port = 0]) => {
      expect(await text(connect(port))).toBe('1 listen')
    })
  })
})

test("the host's network has ports of its own", () => {
  expect(() => bench.plans.next({ net: 'host', forward: [{ listen: 1, to: 1 }] })).toThrow(
    "forward is 1: with net: 'host' there is but one localhost: leave out one of the two",
  )
})

test('the payload has no descriptor of it, and the host none when it has ended', async () => {
  const { port } = await serve(echo)
  const ports = { forward: [{ listen: 5000, to: port }], expose: [{ listen: 0, to: 3000 }] }
  const around = async () => {
    const { stdout } = await bench.sh('ls -l /proc/self/fd | grep -c socket', { change: ports })
    return Number(stdout)
  }
  // stdout, stderr and the channel.
  expect(await around()).toBe(Number((await bench.sh('ls -l /proc/self/fd | grep -c socket')).stdout))
  const before = openSockets()
  const sandbox = bench.start(inside('in and out'), { change: ports })
  const ended = collect(sandbox)
  await firstOutput(sandbox)
  const client = connect(sandbox.ports?.exposed[0]?.listen as number)
    .on('error', () => undefined)
    .resume()
  await once(client, 'connect')
  const closed = new Promise((resolve) => client.once('close', resolve))
  sandbox.kill()
  await Promise.all([ended, closed])
  for (const socket of sockets) socket.destroy()
  await until(() => openSockets().length <= before.length)
})

function openSockets(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target.startsWith('socket:') ? [target] : []
    } catch {
      return []
    }
  })
}
