// Promise: a network of its own, which leads nowhere and in which the machine has a name and an address. Names that are asked for have their
// addresses, for every way to look them up, and no others have any.

import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExtraMount } from '../../src/plan/request.ts'
import { plainRun } from '../../src/plan/request.ts'
import { evaluate, resultOf } from '../support/evaluate.ts'
import { needProgram } from '../support/programs.ts'
import { Bench, collect, firstOutput, payloadFixture } from '../support/sandbox.ts'

const hosts = { 'db.example': '127.0.0.1', 'Six.example': '::1', api: '10.1.2.3' }
let bench: Bench
/** Without names. */
let plain: Bench
beforeAll(() => {
  bench = new Bench({ mode: 'threads', preload: payloadFixture('evaluate'), request: { hosts } })
  plain = new Bench({ zygote: bench.zygote })
})
afterAll(async () => {
  await plain.close()
  await bench.close()
})

const ownAddresses = () => {
  const { networkInterfaces } = process.getBuiltinModule('node:os')
  const all = Object.entries(networkInterfaces()).map(([name, found = []]) => [name, found.map(({ address }) => address)])
  return Object.fromEntries(all) as Record<string, string[]>
}

test('the machine has an address besides localhost, of each kind', async () => {
  const { eth0, ...others } = await resultOf(plain, ownAddresses)
  expect(others).toEqual({ lo: ['127.0.0.1', '::1'] })
  expect(eth0).toEqual(['198.51.100.77', '2001:db8:77::77'])
})

test("net: 'localhost' is without it", async () => {
  const { stdout } = await evaluate(plain, ownAddresses, [], { change: { net: 'localhost' } })
  expect(JSON.parse(stdout)).toEqual({ lo: ['127.0.0.1', '::1'] })
})

/** Where a server that listens at this host is reached. */
const served = async (_: unknown, host: string, at: string[]) => {
  const { createServer, connect } = process.getBuiltinModule('node:net')
  const server = createServer((socket) => socket.end()).listen(0, host)
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const reached = (to: string) =>
    new Promise<boolean>((resolve) => {
      const socket = connect({ host: to, port })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    })
  const answers = await Promise.all(at.map(reached))
  server.close()
  return answers
}

test('a server is reached where it listens', async () => {
  const [four, six] = ['198.51.100.77', '2001:db8:77::77'] as const
  expect(await resultOf(plain, served, '0.0.0.0', ['127.0.0.1', four, 'nsbox'])).toEqual([true, true, true])
  expect(await resultOf(plain, served, '::', ['::1', six, four])).toEqual([true, true, true])
  expect(await resultOf(plain, served, four, [four, '127.0.0.1'])).toEqual([true, false])
  expect(await resultOf(plain, served, six, [six, '::1'])).toEqual([true, false])
  expect(await resultOf(plain, served, 'nsbox', ['nsbox'])).toEqual([true])
})

test('a group, and all on the local network, are whoever listens inside', async () => {
  const heard = await resultOf(plain, async () => {
    const socket = process.getBuiltinModule('node:dgram').createSocket({ type: 'udp4', reuseAddr: true })
    await new Promise<void>((resolve) => socket.bind(5353, resolve))
    socket.addMembership('224.0.0.251')
    socket.setBroadcast(true)
    const told: string[] = []
    for (const to of ['224.0.0.251', '255.255.255.255']) {
      const message = new Promise<Buffer>((resolve) => socket.once('message', resolve))
      socket.send(to, 5353, to)
      told.push(String(await message))
    }
    socket.close()
    return told
  })
  expect(heard).toEqual(['224.0.0.251', '255.255.255.255'])
})

test('/sys shows its own interfaces, and the cgroups that the host shows there', async () => {
  const [interfaces, cgroups] = await resultOf(plain, () => {
    const { existsSync, readdirSync, readFileSync } = process.getBuiltinModule('node:fs')
    const own = readFileSync('/proc/net/dev', 'utf8').match(/^ *[^\s:|]+(?=:)/gm) as string[]
    const list = (path: string) => (existsSync(path) ? readdirSync(path) : [])
    return [{ own: own.map((name) => name.trim()), seen: list('/sys/class/net') }, list('/sys/fs/cgroup')] as const
  })
  expect(interfaces.seen.sort()).toEqual(interfaces.own.sort())
  expect(cgroups).toEqual(readdirSync('/sys/fs/cgroup'))
})

test('two sandboxes have the same port at the same time', async () => {
  const script = `
    import { createServer } from 'node:net'
    createServer((socket) => socket.end()).listen(8080, () => console.log('listens'))
  `
  const start = () => plain.start([process.execPath, '--input-type=module', '--eval', script])
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
  expect(await resultOf(plain, reach, '127.0.0.1', port)).toBe('ECONNREFUSED')
  // Beside its own address nothing is on its network either.
  for (const address of ['192.0.2.1', '198.51.100.1', '2001:db8:77::1', 'fe80::1%eth0'])
    expect([address, await resultOf(plain, reach, address, port)]).toEqual([address, 'ENETUNREACH'])
  server.close()
})

test("net: 'host' reaches them", async () => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { stdout } = await evaluate(plain, reach, ['127.0.0.1', port], { change: { net: 'host' } })
  expect(JSON.parse(stdout)).toBe('connected')
  server.close()
})

type Kind = 'lookup' | 'resolve4' | 'resolve6' | 'resolvePtr'

type Question = [kind: Kind, name: string]

const ask = async (_: unknown, ...questions: Question[]) => {
  const { promises } = process.getBuiltinModule('node:dns')
  const answers = questions.map(async ([kind, name]) => promises[kind](name).catch((error: NodeJS.ErrnoException) => error.code))
  return JSON.stringify(await Promise.all(answers))
}

describe('in a forked node', () => {
  test('getaddrinfo(3) and questions of DNS', async () => {
    const answers = await resultOf(bench, ask, ['lookup', 'api'], ['resolve4', 'db.example'], ['resolve6', 'six.example'])
    expect(JSON.parse(answers)).toEqual([{ address: '10.1.2.3', family: 4 }, ['127.0.0.1'], ['::1']])
  })

  test('names of addresses, and names without an address of that kind', async () => {
    const answers = await resultOf(bench, ask, ['resolvePtr', '3.2.1.10.in-addr.arpa'], ['resolve6', 'db.example'])
    expect(JSON.parse(answers)).toEqual([['api'], 'ENODATA'])
  })

  test('no other name is there', async () => {
    const answers = await resultOf(bench, ask, ['lookup', 'other.example'], ['resolve4', 'other.example'])
    expect(JSON.parse(answers)).toEqual(['ENOTFOUND', 'ENOTFOUND'])
  })
})

test('questions in a stream', async () => {
  const address = await resultOf(bench, async () => {
    // For the address of `api`.
    const question = Buffer.from('abcd01000001000000000000036170690000010001', 'hex')
    const framed = Buffer.concat([Buffer.of(0, question.length), question])
    const socket = process.getBuiltinModule('node:net').connect(53, '127.0.0.1')
    // Two questions, the second in pieces.
    socket.write(Buffer.concat([framed, framed.subarray(0, 5)]))
    setTimeout(() => socket.write(framed.subarray(5)), 20)
    let answers = Buffer.alloc(0)
    for await (const chunk of socket) {
      answers = Buffer.concat([answers, chunk])
      if (answers.length === 2 * (2 + question.length + 16)) break
    }
    return answers.subarray(-4).join('.')
  })
  expect(address).toBe('10.1.2.3')
})

test('what the host has follows, and nothing of it can be changed', async () => {
  const { stdout, stderr } = await bench.sh('cat /etc/hosts; cat /etc/resolv.conf; echo more >> /etc/hosts')
  const lines = stdout.split('\n')
  expect(lines.slice(0, 4)).toEqual(['127.0.0.1 db.example', '::1 Six.example', '10.1.2.3 api', '127.0.1.1 nsbox'])
  expect(stdout).toMatch(/^127\.0\.0\.1\s.*\blocalhost\b/m)
  expect(lines.slice(-2)).toEqual(['nameserver 127.0.0.1', ''])
  expect(stderr).toContain('Read-only file system')
})

test("with the host's network there is no name server of its own", async () => {
  const { stdout } = await bench.sh('head -1 /etc/hosts; cat /etc/resolv.conf', { change: { net: 'host' } })
  expect(stdout).toMatch(/^127\.0\.0\.1 db\.example\n/)
  expect(stdout).not.toContain('nameserver 127.0.0.1\n')
})

test('without names that are asked for the machine has its own, and nothing else is changed', async () => {
  const { stdout } = await bench.sh('cat /etc/hosts /etc/resolv.conf', { change: { hosts: {} } })
  expect(stdout).toBe(`127.0.1.1 nsbox\n${['hosts', 'resolv.conf'].map((name) => readFileSync(`/etc/${name}`, 'utf8')).join('')}`)
})

test.each(['none', 'localhost', 'host'] as const)('the own name, whatever it is: net is %s', async (net) => {
  const { stdout } = await evaluate(
    bench,
    async () => {
      const [{ hostname }, { promises }] = [process.getBuiltinModule('node:os'), process.getBuiltinModule('node:dns')]
      const [name, localhost] = [await promises.lookup(hostname()), await promises.lookupService('127.0.0.1', 80)]
      return [hostname(), name.address, localhost.hostname]
    },
    [],
    { change: { net, hostname: 'ci-worker-7' } },
  )
  expect(JSON.parse(stdout)).toEqual(['ci-worker-7', '127.0.1.1', expect.not.stringContaining('ci-worker-7')])
})

test('its name server knows it too', async () => {
  const answers = await resultOf(bench, ask, ['resolve4', 'nsbox'], ['resolve4', 'other.example'])
  expect(JSON.parse(answers)).toEqual([['127.0.1.1'], 'ENOTFOUND'])
})

describe('where a file is missing, or a link that leads nowhere', () => {
  const etc = (make: (path: string) => void): ExtraMount => {
    const source = join(bench.root, `etc-${Math.random()}`)
    mkdirSync(source)
    writeFileSync(join(source, 'motd'), 'there\n')
    make(source)
    return { kind: 'bind', source, target: '/etc', writable: false }
  }
  const makings: Record<string, (path: string) => void> = {
    both: () => undefined,
    'the first is a link': (path) => symlinkSync('/nowhere/hosts', join(path, 'hosts')),
    'the second': (path) => writeFileSync(join(path, 'hosts'), '127.0.0.1 localhost\n'),
    'the first': (path) => writeFileSync(join(path, 'resolv.conf'), 'nameserver 192.0.2.1\n'),
  }

  test.each(Object.keys(makings))('%s', async (name) => {
    const change = { run: { ...plainRun, mounts: [etc(makings[name] as (path: string) => void)] } }
    const { stdout } = await bench.sh('head -1 /etc/hosts; cat /etc/resolv.conf /etc/motd', { change })
    expect(stdout).toBe('127.0.0.1 db.example\nnameserver 127.0.0.1\nthere\n')
  })
})

describe('without a name server', () => {
  const refused = ['EAI_AGAIN', 'ECONNREFUSED']
  const found = [{ address: '127.0.0.1', family: 4 }]

  test.each(['none', 'host'] as const)('/etc/hosts alone has answers, and who asks elsewhere is told at once: net is %s', async (net) => {
    const questions: Question[] = [
      ['lookup', 'other.example'],
      ['resolve4', 'other.example'],
      ['lookup', 'db.example'],
    ]
    const { stdout } = await evaluate(bench, ask, questions, { change: { net, dns: 'none' } })
    expect(JSON.parse(JSON.parse(stdout))).toEqual([...refused, ...found])
  })

  test('programs that are no node are told as soon', async (context) => {
    needProgram(context, 'getent')
    const { stdout } = await bench.sh('getent hosts other.example; echo $?; getent hosts db.example; cat /etc/resolv.conf', {
      change: { dns: 'none' },
    })
    expect(stdout).toMatch(/^2\n127\.0\.0\.1 +db\.example\nnameserver 255\.255\.255\.255\n/)
  })
})
