import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Refusals } from '../../../plugin/refusals.ts'
import { RefusedAttempts } from '../../../plugin/refused-attempts.ts'
import type { TaskUpdate } from '../../../plugin/task-updates.ts'

const file = '/project/a.test.ts'
const api = { host: 'api.example.com', port: 443 }
const test1 = { id: '1', name: 'suite > one' }
const told = (attempts: Parameters<Refusals['see']>[0]['attempts'], more = 0) => ({ file, attempts, more, reached: [] })

async function listener(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('each attempt of a test is told once, up to a number', () => {
  const attempts = new RefusedAttempts()
  const task = { type: 'test', id: '1', name: 'one', fullTestName: 'suite > one', file: { filepath: file } }
  attempts.follow({ filepath: file, current: task })
  for (let turn = 0; turn < 2; turn++) for (let n = 0; n < 22; n++) attempts.see({ host: `192.0.2.${n}`, port: 80 })
  expect(attempts.take()).toMatchObject({ file, more: 4, attempts: expect.objectContaining({ length: 20 }) })
  expect(attempts.take()).toBeUndefined()
  attempts.follow({ filepath: '/project/b.test.ts', current: { ...task, concurrent: true, file: { filepath: '/project/b.test.ts' } } })
  attempts.see(api)
  expect(attempts.take()).toMatchObject({ file: '/project/b.test.ts', attempts: [api] })
})

test('localhost has two addresses, and a port that is reached is forgotten', () => {
  const attempts = new RefusedAttempts()
  for (const host of ['127.0.0.1', '::1']) attempts.see({ host, port: 5432, local: 'refused' })
  attempts.see({ host: '127.0.0.1', port: 80, local: 'served' })
  attempts.see({ host: '127.0.0.1', port: 5432, local: 'served' })
  expect(attempts.take()).toMatchObject({ attempts: [{ host: '127.0.0.1', port: 5432 }], reached: [5432] })
})

test('a port where something of the sandbox has listened is told by no later file', () => {
  const attempts = new RefusedAttempts()
  attempts.follow({ filepath: file })
  attempts.see({ host: '127.0.0.1', port: 5432, local: 'served' })
  attempts.follow({ filepath: '/project/b.test.ts' })
  attempts.see({ host: '127.0.0.1', port: 5432, local: 'refused' })
  attempts.see({ host: '192.0.2.1', port: 5432 })
  expect(attempts.take()).toMatchObject({ attempts: [{ host: '192.0.2.1' }], reached: [] })
})

test('a port of localhost is told where the host listens, until it is reached', async () => {
  const port = await listener()
  const refusals = new Refusals()
  const local = { host: '127.0.0.1', port, local: 'refused' } as const
  refusals.see(told([local, { ...local, port: 1 }]))
  expect(refusals.of(file).refused).toEqual([{ host: '127.0.0.1', port, hint: `forward: [${port}]` }])
  refusals.see({ ...told([]), reached: [port] })
  expect(refusals.of(file).refused).toEqual([])
})

test('a name whose port the host listens at is here under another name', async () => {
  const port = await listener()
  const refusals = new Refusals()
  refusals.see(told([{ host: 'db', port }]))
  expect(refusals.of(file).refused[0]?.hint).toContain(`hosts: { 'db': '127.0.0.1' } and forward: [${port}]`)
})

test('names that programs asked for are told unless they are known', () => {
  const refusals = new Refusals()
  refusals.see(told([{ ...api, test: test1 }]))
  refusals.seeNames(file, ['api.example.com', 'undefined', 'app.localhost', 'other.example.com'])
  expect(refusals.of(file).refused.map(({ host }) => host)).toEqual(['api.example.com', 'other.example.com'])
  refusals.begin(file)
  expect(refusals.of(file).refused).toEqual([])
})

test('errors that came of it are longer by a line, the others stay', () => {
  const refusals = new Refusals()
  refusals.see(told([{ ...api, test: test1 }]))
  const errors = [
    { message: 'fetch failed', stack: 'TypeError: fetch failed\n    at x', cause: { message: 'getaddrinfo EAI_AGAIN api.example.com' } },
    { message: 'expected 1 to be 2' },
    { message: 'none', errors: [{ message: 'connect ENETUNREACH api.example.com' }] },
  ]
  const update = (id: string): TaskUpdate => ({ packs: [[id, { errors: structuredClone(errors) }, {}]], events: [] })
  const [own, other] = [update('1'), update('2')]
  for (const one of [own, other]) refusals.explain(file, one)
  const line = /^fetch failed\napi\.example\.com:443 cannot be reached from the sandbox; allow it with net: 'host'/
  const [first, second, third] = own.packs[0]?.[1]?.errors ?? []
  expect(first?.message).toMatch(line)
  expect(first?.stack).toMatch(/^TypeError: fetch failed\napi\..*\n {4}at x$/)
  expect(second).toEqual(errors[1])
  expect(third?.message).toContain('cannot be reached')
  expect(other.packs[0]?.[1]?.errors).toEqual(errors)
})
