// What the benchmark of ports runs outside (`serve`) and inside (`ask PORT`).

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

/** What a client finds, in the unit of each. */
export interface Asked {
  /** MiB a second, over one connection and over eight at once. */
  one: number
  eight: number
  /** Microseconds. */
  roundTrip: number
  roundTrip99: number
  /** Connections a second, one after the other. */
  connections: number
}

const block = Buffer.alloc(64 << 10)
const [role, port = '0', size = '0'] = process.argv.slice(2)
if (role === 'serve') serve()
if (role === 'ask') console.log(JSON.stringify(await ask(Number(port), Number(size) << 20)))

/** Echoes what is small; of the rest says when all has come. */
function serve(): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (data) => data.length <= 64 && socket.write(data))
    socket.on('end', () => socket.end())
  })
  server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
}

async function ask(port: number, bytes: number): Promise<Asked> {
  await roundTrips(port, 500)
  const times = (await roundTrips(port, 2000)).sort((a, b) => a - b)
  return {
    one: await speed(port, bytes, 1),
    eight: await speed(port, bytes, 8),
    roundTrip: times[times.length >> 1] as number,
    roundTrip99: times[Math.floor(times.length * 0.99)] as number,
    connections: await connections(port, 200),
  }
}

async function roundTrips(port: number, count: number): Promise<number[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const times: number[] = []
  for (let index = 0; index < count; index++) {
    const started = performance.now()
    socket.write('x'.repeat(32))
    await once(socket, 'data')
    times.push((performance.now() - started) * 1000)
  }
  socket.end()
  return times
}

async function speed(port: number, bytes: number, sockets: number): Promise<number> {
  const started = performance.now()
  await Promise.all(Array.from({ length: sockets }, () => send(port, bytes / sockets)))
  return bytes / (1 << 20) / ((performance.now() - started) / 1000)
}

async function send(port: number, bytes: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' }).resume()
  for (let sent = 0; sent < bytes; sent += block.length) if (!socket.write(block)) await once(socket, 'drain')
  socket.end()
  await once(socket, 'close')
}

async function connections(port: number, count: number): Promise<number> {
  const started = performance.now()
  for (let index = 0; index < count; index++) {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.write('x')
    await once(socket, 'data')
    socket.destroy()
  }
  return count / ((performance.now() - started) / 1000)
}
