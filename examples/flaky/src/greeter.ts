import { once } from 'node:events'
import { createServer, type Server } from 'node:http'

export async function startGreeter(port: number): Promise<Server> {
  const server = createServer((request, response) => setTimeout(() => response.end(`hello ${request.url?.slice(1)}`), 20))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
