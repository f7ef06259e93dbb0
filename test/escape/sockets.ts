// Attempts to talk to the host.

import { once } from 'node:events'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import type { Table, Target } from './attempt.ts'

interface Found {
  port: number
  addresses: string[]
  abstract: string
  shared: string
  socket: string
  /** Below /run, or /var/tmp where the caller may not write there. */
  run: string
}

async function listen(options: ListenOptions): Promise<Server> {
  const server = createServer().listen(options)
  await once(server, 'listening')
  return server
}

function hostAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address)
}

function mayWrite(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Listens on the host at what the attempts connect to. What it answers undoes that. */
export async function listenFor(target: Target): Promise<() => void> {
  const shared = mkdtempSync('/tmp/nsbox-test-')
  const run = mkdtempSync(join(mayWrite('/run') ? '/run' : '/var/tmp', 'test-of-nsbox-'))
  const abstract = `nsbox-test-${shared}`
  const server = await listen({ port: 0, host: '0.0.0.0' })
  const found: Found = {
    port: (server.address() as AddressInfo).port,
    addresses: hostAddresses(),
    abstract,
    shared: join(shared, 'socket'),
    socket: join(target.project, 'socket'),
    run: join(run, 'socket'),
  }
  const paths = [`\0${abstract}`, found.shared, found.socket, found.run]
  const servers = [server, ...(await Promise.all(paths.map((path) => listen({ path }))))]
  target.found = found
  return () => {
    for (const each of servers) each.close()
    for (const directory of [shared, run]) rmSync(directory, { recursive: true })
  }
}

export const sockets: Table = {
  "a TCP port of the host's localhost": [
    'ECONNREFUSED',
    ({ connect }, { found }) => connect({ host: '127.0.0.1', port: (found as Found).port }),
  ],
  'the same over IPv6': ['ECONNREFUSED', ({ connect }, { found }) => connect({ host: '::1', port: (found as Found).port })],
  'an address beyond the machine': ['ENETUNREACH', ({ connect }) => connect({ host: '192.0.2.1', port: 80 })],
  'an abstract socket': ['ECONNREFUSED', ({ connect }, { found }) => connect({ path: `\0${(found as Found).abstract}` })],
  'a socket below /tmp': ['ENOENT', ({ connect }, { found }) => connect({ path: (found as Found).shared })],
  'a socket below /run': ['ENOENT', ({ connect }, { found }) => connect({ path: (found as Found).run })],
  "the host's own address": [
    true,
    async ({ connect }, { found }) => {
      const { addresses, port } = found as Found
      const results = await Promise.all(addresses.map((host) => connect({ host, port })))
      return results.every((result) => ['ENETUNREACH', 'ECONNREFUSED'].includes(result))
    },
  ],
  'a socket in the project': ['ECONNREFUSED', ({ connect }, { found }) => connect({ path: (found as Found).socket })],
  'a System V queue of the host': ['', ({ fs }) => fs.readFileSync('/proc/sysvipc/msg', 'utf8').split('\n').slice(1).join('')],
  'message queues by their file system': ['ENOENT', ({ fs }) => fs.readdirSync('/dev/mqueue')],
  'shared memory of the host': [[], ({ fs }) => fs.readdirSync('/dev/shm')],
  // The two ends of the one that leads nowhere, and localhost.
  'an interface of the host': [
    ['eth0', 'eth0-peer', 'lo'],
    ({ fs }) => [...fs.readFileSync('/proc/net/dev', 'utf8').matchAll(/^ *(\S+):/gm)].map(([, name]) => name).sort(),
  ],
  // The kernel counts those of all networks together. /proc/net/arp lists what is asked for, and not what needs no answer (NUD_NOARP).
  'neighbours that fill the table of the machine': [
    { refused: [], listed: [] },
    ({ fs, raw, call }) => {
      const refused: string[] = []
      for (const name of ['eth0', 'eth0-peer']) {
        const socket = raw(41, 2, 2 | 0o4000, 0)
        const on = Buffer.from([1, 0, 0, 0])
        // IP_RECVERR: send(2) says that there is no room.
        refused.push(call(54, socket, 1, 25, `${name}\0`, name.length + 1), call(54, socket, 0, 11, on, on.length))
        for (let host = 0; host < 2000; host++) {
          const address = Buffer.from([2, 0, 0, 9, 10, name.length, host >> 8, host & 255, 0, 0, 0, 0, 0, 0, 0, 0])
          refused.push(call(44, socket, on, 1, 0, address, address.length))
        }
        call(3, socket)
      }
      // Requests from neighbours that are not there, which say where they are.
      const packets = raw(41, 17, 3, 0)
      const index = Number(fs.readFileSync('/sys/class/net/eth0-peer/ifindex', 'utf8'))
      const link = Buffer.from([17, 0, 8, 6, index & 255, index >> 8, 0, 0, 0, 0, 0, 6, 255, 255, 255, 255, 255, 255, 0, 0])
      for (let host = 1; host < 200; host++) {
        const mac = [2, 0, 0, 0, 0, host]
        const ethernet = [255, 255, 255, 255, 255, 255, ...mac, 8, 6]
        const arp = [0, 1, 8, 0, 6, 4, 0, 1, ...mac, 198, 51, 100, host, 0, 0, 0, 0, 0, 0, 198, 51, 100, 77]
        const frame = Buffer.from([...ethernet, ...arp])
        refused.push(call(44, packets, frame, frame.length, 0, link, link.length))
      }
      call(3, packets)
      return {
        refused: refused.filter((result) => result !== 'ok'),
        listed: fs.readFileSync('/proc/net/arp', 'utf8').split('\n').slice(1, -1),
      }
    },
  ],
  // No namespace holds AF_VSOCK: vsock(7).
  'a socket to the hypervisor': ['EAFNOSUPPORT', ({ call }) => call(41, 40, 1, 0)],
}
