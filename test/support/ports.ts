// Ports of the host's localhost for programs that a test starts, held until the test process ends.

import { once } from 'node:events'
import { createServer, type Server } from 'node:net'

/** Below Linux's default range of ephemeral ports (ip(7), ip_local_port_range), so that the kernel gives them to nobody else. */
const first = 20_000
const last = 32_000

/**
 * A free TCP port that no other test of this suite uses, in this process or another one. The port itself cannot stay bound, because the
 * program under test binds it. Instead an abstract socket named after it is kept: unix(7) allows each name once in a network namespace.
 */
export async function holdPort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first))
    const claim = await listen({ path: `\0nsbox-test-port-${port}` })
    if (!claim) continue
    const probe = await listen({ port, host: '127.0.0.1' })
    if (!probe) {
      claim.close()
      continue
    }
    await once(probe.close(), 'close')
    claim.unref()
    return port
  }
}

/** Undefined when the address is in use. */
async function listen(address: { path: string } | { port: number; host: string }): Promise<Server | undefined> {
  const server = createServer().listen(address)
  try {
    await once(server, 'listening')
    return server
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    return undefined
  }
}
