// No test file reaches another one, or the machine.

import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns, fingerprint, processesWith } from '../support/vitest-left-behind.ts'
import { seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

/** `virtual:meet-…` is loaded when two files have asked for one, so both know that the other is there. */
const config = `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

function meetings() {
  const rooms = new Map()
  return {
    name: 'meetings',
    resolveId: (id) => (id.startsWith('virtual:meet-') ? '\\0' + id : undefined),
    async load(id) {
      const room = /virtual:meet-(\\w+)-/.exec(id)?.[1]
      if (!room) return
      if (!rooms.has(room)) rooms.set(room, { count: 0, ...Promise.withResolvers() })
      const meeting = rooms.get(room)
      if (++meeting.count === 2) meeting.resolve()
      await meeting.promise
      return 'export default true'
    },
  }
}

export default defineConfig({ plugins: [nsbox(), meetings()], test: { pool: 'nsbox', maxWorkers: 8, testTimeout: 60_000 } })
`

const onPort3000 = (who: string) =>
  testFile(`import { createServer } from 'node:http'; import { once } from 'node:events'
test('listens on 3000', async () => {
  const server = createServer((_, answer) => answer.end('${who}')).listen(3000); await once(server, 'listening')
  await import('virtual:meet-port-${who}')
  expect(await (await fetch('http://localhost:3000')).text()).toBe('${who}')
  await import('virtual:meet-asked-${who}')
  server.close()
})`)

const files: Record<string, string> = {
  'port-a.test.ts': onPort3000('a'),
  'port-b.test.ts': onPort3000('b'),
  'deletes.test.ts': testFile(`import { existsSync, rmSync, writeFileSync, readdirSync } from 'node:fs'
test('deletes the project', async () => {
  await import('virtual:meet-before-deletes')
  for (const name of readdirSync('.').filter((name) => name !== 'node_modules')) rmSync(name, { recursive: true, force: true })
  expect(existsSync('src/value.ts')).toBe(false)
  writeFileSync('rubbish.txt', 'left by a test')
  await import('virtual:meet-deleted-deletes')
})`),
  'imports.test.ts': testFile(`import { readFileSync, readdirSync } from 'node:fs'
test('finds all of it', async () => {
  await import('virtual:meet-before-imports')
  await import('virtual:meet-deleted-imports')
  expect((await import('./src/value.ts')).value).toBe('still here')
  expect(readFileSync('src/value.ts', 'utf8')).toContain('still here'); expect(readdirSync('.')).not.toContain('rubbish.txt')
})`),
  'writes.test.ts':
    testFile(`import { chmodSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs'; import { homedir, tmpdir } from 'node:os'
test('writes everywhere', () => {
  for (const directory of [homedir(), tmpdir(), '/tmp', '/var/tmp', '/dev/shm', '.']) {
    writeFileSync(directory + '/left-by-a-test', 'x'); expect(readdirSync(directory)).toContain('left-by-a-test')
  }
  expect(homedir()).toBe(process.env['HOME'])
  mkdirSync(homedir() + '/made/deep', { recursive: true }); writeFileSync(homedir() + '/kept/deep/kept.txt', 'changed')
  writeFileSync('src/value.ts', 'changed'); chmodSync('src/run.sh', 0o600); utimesSync('package.json', 1, 1); renameSync('data/a.txt', 'data/b.txt')
})
test('tmp is empty but for what is needed', () => { expect(readdirSync('/tmp').filter((name) => name.startsWith('seeded-'))).toHaveLength(1); expect(readdirSync('/var/tmp')).toEqual(['left-by-a-test']) })`),
  'leaks.test.ts': testFile(`import { spawn } from 'node:child_process'; import { once } from 'node:events'
test('leaks children', async () => {
  const words = ['-c', 'echo up; while :; do sleep 86400; done', process.env['LEAK_MARK']]
  for (const detached of [false, true]) { const child = spawn('/bin/sh', words, { detached, stdio: ['ignore', 'pipe', 'ignore'] }); await once(child.stdout, 'data'); child.unref(); child.stdout.destroy() }
  const grandparent = spawn('/bin/sh', ['-c', 'setsid /bin/sh "$@" >/dev/null 2>&1 & exit 0', 'sh', ...words]); expect(await once(grandparent, 'exit')).toEqual([0, null])
})`),
  'reaches.test.ts':
    testFile(`import { connect } from 'node:net'; import { once } from 'node:events'; import { networkInterfaces } from 'node:os'; import { existsSync, readdirSync } from 'node:fs'
const refusal = async (to) => { const socket = connect(to); try { await once(socket, 'connect'); return 'connected' } catch (error) { return error.code } finally { socket.destroy() } }
test('a TCP port of the host', async () => { expect(await refusal({ port: Number(process.env['HOST_PORT']), host: '127.0.0.1' })).toBe('ECONNREFUSED') })
test('a socket file of the host', async () => { expect(await refusal({ path: process.env['HOST_SOCKET'] })).toBe('ENOENT') })
test('the internet', async () => { expect(await refusal({ port: 80, host: '192.0.2.1' })).toBe('ENETUNREACH') })
test('other processes', () => { expect(readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name)).length).toBeLessThan(4); expect(existsSync('/proc/' + process.env['HOST_PID'] + '/maps')).toBe(false) })
test('interfaces of the host', () => { expect(Object.keys(networkInterfaces())).toEqual(['lo']) })`),
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': config,
    'src/value.ts': `export const value = 'still here'\n`,
    'src/run.sh': '#!/bin/sh\n',
    'data/a.txt': 'a',
    ...files,
  })
  const mark = `leaked-${project.home}`
  const servers: Server[] = []
  let run: VitestRun
  let before: object
  // vitest 5 itself keeps a token below .local, on the host.
  const now = () => ({ project: fingerprint(project.root, ['node_modules']), home: fingerprint(join(project.home, 'kept')) })
  beforeAll(async () => {
    project.write('../home/kept/deep/kept.txt', 'kept')
    const socketPath = join(project.scratch, 'host.sock')
    const tcp = createServer().listen(0, '127.0.0.1')
    servers.push(tcp, createServer().listen(socketPath))
    await Promise.all(servers.map((server) => once(server, 'listening')))
    before = now()
    const { port } = tcp.address() as AddressInfo
    const env = { LEAK_MARK: mark, HOST_PORT: String(port), HOST_SOCKET: socketPath, HOST_PID: String(process.pid) }
    run = await vitestRun(project, [], { env })
  })
  afterAll(() => {
    for (const server of servers) server.close()
  })

  test.each(Object.keys(files))('%s', (file) => {
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
    expect(run.files[file], run.output).toBe('passed')
  })

  test('the project and HOME are what they were: content, mode and time of change', () => {
    expect(now()).toEqual(before)
  })

  test('nothing was left in the shared directories', () => {
    for (const directory of ['/tmp', '/var/tmp', '/dev/shm']) expect(existsSync(join(directory, 'left-by-a-test')), directory).toBe(false)
    expect(readdirSync(project.home).filter((name) => name !== '.local')).toEqual(['kept'])
  })

  test('leaked children are gone', async () => {
    expect(processesWith(mark)).toEqual([])
    await expectNothingRuns(project)
  })
})
