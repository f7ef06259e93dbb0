// A test file reaches neither another one nor the machine.
//
// @module-tag root

import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingRuns, fingerprint, processesWith } from '../support/vitest-left-behind.ts'
import { fixture, oneVitest, seedSuite } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = fixture('isolation')
const testFiles = Object.keys(files).filter((file) => file.endsWith('.test.ts'))

describe.each(oneVitest)('$name', (version) => {
  const project = seedSuite(version, files)
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

  test.each(testFiles)('%s', (file) => {
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
    await expectNothingRuns(project)
    expect(processesWith(mark)).toEqual([])
  })
})
