// Promise: what the seal refuses is told with the test that tried, the address and the option that allows it.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FileReport } from '../../plugin/file-report.ts'
import { hostAndPort } from '../../plugin/refusals.ts'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const imports = `import dns from 'node:dns'; import dgram from 'node:dgram'; import http from 'node:http'; import https from 'node:https'; import net from 'node:net'
import tls from 'node:tls'; import { once } from 'node:events'; import { execFile } from 'node:child_process'; import { promisify } from 'node:util'
const failed = (emitter) => once(emitter, 'error', { signal: AbortSignal.timeout(20000) }).then(([error]) => error, (error) => error)
`

/** Each way to be refused, by the name of its test. */
const attempts: Record<string, string> = {
  fetch: `await fetch('https://fetch.example.com/a').catch(() => undefined)`,
  'fetch of an address': `await fetch('http://192.0.2.1:8080/').catch(() => undefined)`,
  https: `await failed(https.get('https://https.example.com'))`,
  http: `await failed(http.get({ host: 'http.example.com', port: 81 }))`,
  tls: `await failed(tls.connect(636, 'tls.example.com'))`,
  'a socket': `await failed(new net.Socket().connect({ host: '2001:db8::1', port: 22 }))`,
  lookup: `await dns.promises.lookup('lookup.example.com').catch(() => undefined)`,
  query: `await new Promise((resolve) => dns.resolveMx('query.example.com', resolve))`,
  datagram: `const socket = dgram.createSocket('udp4'); await new Promise((resolve) => socket.send('x', 8125, '192.0.2.2', resolve)); socket.close()`,
  "the host's port": `await failed(net.connect(Number(process.env.HOST_PORT), '127.0.0.1'))`,
}

const net = "net: 'host'"
const orName = (name: string) => `${net}, or hosts: { '${name}': '127.0.0.1' } for a server of the test's own`

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', reporters: ['default', ['json', {}], './meta.ts'], testTimeout: 30000" }),
    'named.config.ts': nsboxConfig({ options: "hosts: { 'db.example': '127.0.0.1' }" }),
    'meta.ts': `import { appendFileSync } from 'node:fs'
export default class { onTestModuleEnd(module) { appendFileSync(process.env.META, JSON.stringify([module.relativeModuleId, module.meta().nsbox ?? null]) + '\\n') } }`,
    'all.test.ts': testFile(
      `${imports}describe('suite', () => { ${Object.entries(attempts)
        .map(([name, source]) => `test(${JSON.stringify(name)}, async () => { ${source} })`)
        .join('\n')} })`,
    ),
    'quiet.test.ts': testFile(`${imports}
test('what is local is no refusal', async () => {
  const server = net.createServer((socket) => socket.end()).listen(0, '127.0.0.1'); await once(server, 'listening')
  await once(net.connect(server.address().port, 'localhost'), 'connect'); server.close()
  await failed(net.connect('/tmp/no-such-socket')); await failed(net.connect(1, '127.0.0.1')); await failed(net.connect(1, 'localhost'))
  await dns.promises.lookup('nothing.invalid').catch(() => undefined)
})
test('nor is a port where a server of its own comes to listen', async () => {
  const port = Number(process.env.HOST_PORT); await failed(net.connect(port, '127.0.0.1')); await new Promise((resolve) => setTimeout(resolve, 300))
  const server = net.createServer((socket) => socket.end()).listen(port, '127.0.0.1'); await once(server, 'listening')
  await once(net.connect(port, '127.0.0.1'), 'connect'); server.close()
})
test('mocks are what they were', async () => {
  const spy = vi.spyOn(net.Socket.prototype, 'connect').mockImplementation(function () { return this })
  net.connect(443, 'mocked.example.com'); expect(spy).toHaveBeenCalledOnce(); spy.mockRestore()
  expect(net.Socket.prototype.connect.name).toBe('connect'); expect(net.Socket.prototype.connect.length).toBe(0)
})
test('errors are those of node', async () => {
  const server = net.createServer().listen(0, '127.0.0.1'); await once(server, 'listening'); const { port } = server.address(); server.close(); await once(server, 'close')
  const error = (await failed(net.connect(port, '127.0.0.1')))
  expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', address: '127.0.0.1', port }); expect(error.stack).not.toMatch(/nsbox|dist/)
})`),
    'fails.test.ts': testFile(`${imports}
test('of it', async () => { await fetch('https://wanted.example.com') })
test('of a time limit', async () => { for (;;) { await dns.promises.lookup('late.example.com').catch(() => undefined); await new Promise((r) => setTimeout(r, 50)) } }, 1000)
test('of something else', async () => { await dns.promises.lookup('tolerated.example.com').catch(() => undefined); expect(1).toBe(2) })`),
    'allowed.test.ts': `// @${'nsbox'} net=host\n${testFile(`${imports}test('asks', async () => { await fetch('http://192.0.2.1:1', { signal: AbortSignal.timeout(300) }).catch(() => undefined) })`)}`,
    'many.test.ts': testFile(
      `${imports}test('many', async () => { for (let n = 0; n < 30; n++) await fetch('http://192.0.2.' + n).catch(() => undefined) })`,
    ),
    'named.test.ts': testFile(`${imports}
test('asks', async () => {
  expect(await dns.promises.resolve4('db.example')).toEqual(['127.0.0.1']); expect((await dns.promises.lookup('db.example')).address).toBe('127.0.0.1')
  await promisify(execFile)('getent', ['hosts', 'asked.example.com']).catch(() => undefined)
})`),
    'apart.test.ts':
      testFile(`${imports}describe('outside of tests', () => { beforeAll(async () => { await dns.promises.lookup('before.example.com').catch(() => undefined) }); test('passes', () => {}) })
test.concurrent('one', async () => { await dns.promises.lookup('together.example.com').catch(() => undefined) }); test.concurrent('two', async () => {})`),
  })

  let server: Server
  let port: number
  let run: VitestRun
  let meta: Record<string, FileReport | null>
  beforeAll(async () => {
    server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    const env = { HOST_PORT: String(port), META: join(project.scratch, 'meta') }
    run = await vitestRun(project, ['all', 'quiet', 'fails', 'many', 'apart', 'allowed', '--reporter=./meta.ts'], {
      env,
      killAfter: 280_000,
    })
    const entries = readFileSync(env.META, 'utf8').trim().split('\n')
    meta = Object.fromEntries(entries.map((line) => JSON.parse(line)))
  }, 300_000)
  afterAll(() => void server.close())

  const of = (file: string) => (meta[file]?.refused ?? []).map((one) => `${one.test ?? file}: ${hostAndPort(one)}; ${one.hint}`)

  test('every way to try, with its test and what allows it', () => {
    expect(of('all.test.ts')).toEqual([
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
    expect(of('quiet.test.ts')).toEqual([])
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith('quiet'))).toEqual([])
    expect(Object.keys(run.tests).filter((name) => name.startsWith('quiet'))).toHaveLength(4)
  })

  test("with the host's network nothing is refused by the seal", () => {
    expect(run.tests['allowed.test.ts > asks']).toBe('passed')
    expect(of('allowed.test.ts')).toEqual([])
  })

  test('outside of tests, and where several run, the file alone is named', () => {
    const allow = (name: string) => `${name}; ${orName(name)}`
    expect(of('apart.test.ts')).toEqual(['before', 'together'].map((name) => `apart.test.ts: ${allow(`${name}.example.com`)}`))
  })

  test('there is an end to it', () => {
    expect(of('many.test.ts')).toHaveLength(20)
    expect(meta['many.test.ts']?.refusedMore).toBe(10)
  })

  test('errors that came of it say so', () => {
    const { 'fails.test.ts > of it': one, 'fails.test.ts > of something else': other } = run.failures
    expect(one).toContain('wanted.example.com:443 cannot be reached from the sandbox; allow it with')
    expect(run.output).toMatch(/timed out in 1000ms[\s\S]*?late\.example\.com cannot be reached from the sandbox/)
    expect(other).not.toContain('cannot be reached')
  })

  test('the end of the run tells it', () => {
    expect(run.stderr).toMatch(/^nsbox: 4 of 6 test files left something behind, or tried what is refused:$/m)
    expect(run.stderr).toContain(`  apart.test.ts\n    refused  before.example.com; allow it with ${orName('before.example.com')}\n`)
    expect(run.stderr).toMatch(/refused {2}wanted\.example\.com:443, tried in 'of it'; allow it with net: 'host', or hosts/)
  })

  test('strict: such a file fails', { timeout: 120_000 }, async () => {
    project.write('strict.config.ts', nsboxConfig({ options: "strict: ['refused']" }))
    const strict = await vitestRun(project, ['apart', 'allowed', '--config=strict.config.ts', '--pool=nsbox'], { killAfter: 100_000 })
    expect(strict.files).toEqual({ 'apart.test.ts': 'failed', 'allowed.test.ts': 'passed' })
    expect(strict.exitCode).toBe(1)
  })

  test('names are answered; those that programs ask for in vain are told', { timeout: 120_000 }, async () => {
    const named = await vitestRun(project, ['named', '--config=named.config.ts', '--pool=nsbox'], { killAfter: 100_000 })
    expect(named.failures, named.output).toEqual({})
    expect(named.output).toMatch(/named\.test\.ts\n {4}refused {2}asked\.example\.com; allow it with/)
  })
})
