// The port of a debugger: free before, and told when somebody answers there.

import { connect, createServer } from 'node:net'
import { configError } from '../errors.ts'

const host = '127.0.0.1'
/** Milliseconds between two looks. */
const pause = 100

/** @throws NsboxError ERR_NSBOX_CONFIG */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject).listen(port, host, resolve)
  try {
    await promise
  } catch (error) {
    throw configError(
      `nsbox repro: the debugger's port ${port} cannot be had (${(error as NodeJS.ErrnoException).code}); give another one: --inspect-brk=${port + 1}`,
    )
  } finally {
    server.close()
  }
}

/** Says where a debugger can attach, once it can. Answers what stops the wait. */
export function announceDebugger({ port }: { port: number }): () => void {
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    const socket = connect(port, host)
    socket.once('connect', () => {
      socket.destroy()
      console.error(`nsbox: a debugger can attach at ${host}:${port}: node inspect ${host}:${port}, or chrome://inspect, or an editor`)
    })
    socket.once('error', () => {
      timer = setTimeout(look, pause)
    })
  }
  timer = setTimeout(look, pause)
  return () => clearTimeout(timer)
}
