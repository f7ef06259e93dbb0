// A server that stays up for a while, as those of real tests do.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'

export async function serveOnPort3000(answer: string): Promise<string> {
  const server = createServer((_request, response) => response.end(answer)).listen(3000)
  await once(server, 'listening')
  await setTimeout(300)
  const response = await fetch('http://localhost:3000')
  const text = await response.text()
  server.close()
  return text
}
