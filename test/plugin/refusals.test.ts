// Promise: what the seal refuses is told with the test that tried, the address and the option that allows it.

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostAndPort } from '../../plugin/refusals.ts'
import { fixture, seedSuite, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const seeded = fixture('refusals')
const net = "net: 'host'"
const orName = (name: string) => `${net}, or hosts: { '${name}': '127.0.0.1' } for a server of the test's own`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...seeded,
    'strict/apart.test.ts': seeded['sealed/apart.test.ts'] as string,
    'strict/allowed.test.ts': seeded['sealed/allowed.test.ts'] as string,
  })

  let server: Server
  let port: number
  let run: VitestRun
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    run = await vitestRun(project, [], { env: { HOST_PORT: String(port) }, killAfter: 280_000 })
  }, 300_000)
  afterAll(() => void server.close())

  const of = (file: string) => (run.meta[file]?.refused ?? []).map((one) => `${one.test ?? file}: ${hostAndPort(one)}; ${one.hint}`)

  test('every way to try, with its test and what allows it', () => {
    expect(of('sealed/all.test.ts')).toEqual([
      `suite > fetch: fetch.example.com:443; ${orName('fetch.example.com')}`,
      `suite > fetch of an address: 192.0.2.1:8080; ${net}`,
      `suite > https: https.example.com:443; ${orName('https.example.com')}`,
      `suite > http: http.example.com:81; ${orName('http.example.com')}`,
      `suite > tls: tls.example.com:636; ${orName('tls.example.com')}`,
      `suite > a socket: [2001:db8::1]:22; ${net}`,
      `suite > lookup: lookup.example.com; ${orName('lookup.example.com')}`,
      `suite > query: query.example.com; ${orName('query.example.com')}`,
      `suite > datagram: 192.0.2.2:8125; ${net}`,
      `suite > the host's port: 127.0.0.1:${port}; forward: [${port}]`,
    ])
  })

  test('what is local, mocked or nowhere is not told, and nothing that tests see is changed', () => {
    expect(of('sealed/quiet.test.ts')).toEqual([])
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith('sealed/quiet'))).toEqual([])
    expect(Object.keys(run.tests).filter((name) => name.startsWith('sealed/quiet'))).toHaveLength(4)
  })

  test('nor is a port where it has listened itself, whatever the host has there', () => {
    expect(run.tests['sealed/closed.test.ts > a port that it has closed'], run.output).toBe('passed')
    expect(of('sealed/closed.test.ts')).toEqual([])
  })

  test("with the host's network nothing is refused by the seal", () => {
    expect(run.tests['sealed/allowed.test.ts > asks']).toBe('passed')
    expect(of('sealed/allowed.test.ts')).toEqual([])
  })

  test('outside of tests, and where several run, the file alone is named', () => {
    const allow = (name: string) => `${name}; ${orName(name)}`
    expect(of('sealed/apart.test.ts')).toEqual(
      ['before', 'together'].map((name) => `sealed/apart.test.ts: ${allow(`${name}.example.com`)}`),
    )
  })

  test('there is an end to it', () => {
    expect(of('sealed/many.test.ts')).toHaveLength(20)
    expect(run.meta['sealed/many.test.ts']?.refusedMore).toBe(10)
  })

  test('errors that came of it say so', () => {
    const { 'sealed/fails.test.ts > of it': one, 'sealed/fails.test.ts > of something else': other } = run.failures
    expect(one).toContain('wanted.example.com:443 cannot be reached from the sandbox; allow it with')
    expect(run.output).toMatch(/timed out in 1000ms[\s\S]*?late\.example\.com cannot be reached from the sandbox/)
    expect(other).not.toContain('cannot be reached')
  })

  test('the end of the run tells it', () => {
    expect(run.stderr).toMatch(/^nsbox: 6 of 10 test files left something behind, or tried what is refused:$/m)
    expect(run.stderr).toContain(
      `  [sealed] sealed/apart.test.ts\n    refused  before.example.com; allow it with ${orName('before.example.com')}\n`,
    )
    expect(run.stderr).toMatch(/refused {2}wanted\.example\.com:443, tried in 'of it'; allow it with net: 'host', or hosts/)
  })

  test('strict: such a file fails', () => {
    const strict = Object.entries(run.files).filter(([name]) => name.startsWith('strict/'))
    expect(Object.fromEntries(strict)).toEqual({ 'strict/apart.test.ts': 'failed', 'strict/allowed.test.ts': 'passed' })
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith('strict/'))).toHaveLength(1)
    expect(run.exitCode).toBe(1)
  })

  test('names are answered; those that programs ask for in vain are told', () => {
    expect(run.tests['named/named.test.ts > asks'], run.output).toBe('passed')
    expect(run.output).toMatch(/named\.test\.ts\n {4}refused {2}asked\.example\.com; allow it with/)
  })
})
