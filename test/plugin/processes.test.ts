// A forked worker passes for a node that was started for the file, and so do its own children.

import { beforeAll, describe, expect, test } from 'vitest'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const draws = testFile(`import { randomBytes, randomUUID } from 'node:crypto'
test('draws', () => { console.log('drawn ' + [Math.random(), randomUUID(), crypto.randomUUID(), randomBytes(8).toString('hex')].join(' ')) })`)

const files: Record<string, string> = {
  'process.test.ts': testFile(`import { readFileSync, readlinkSync } from 'node:fs'
test('pid and ppid', () => { expect(process.pid).toBe(Number(readlinkSync('/proc/self'))); expect(process.ppid).toBe(Number(/PPid:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])) })
test('argv has node, a script and nothing more', () => { expect(process.argv[0]).toBe(process.execPath); expect(process.argv.slice(2)).toEqual([]) })
test('execArgv has the flags of the config and none of a zygote', () => { expect(process.execArgv).toContain('--expose-gc'); expect(process.execArgv.join(' ')).not.toMatch(/v8-pool-size|concurrent|single-threaded|sigusr1/) })
test('the flags of the config work', () => { expect(globalThis.gc).toBeTypeOf('function') })
test('cwd', () => { expect(process.cwd()).toBe(import.meta.dirname) })
test('uptime begins with the file', () => { expect(process.uptime()).toBeLessThan(60); expect(process.uptime()).toBeGreaterThan(0) })
test('vitest names its worker', () => {
  expect(process.env['VITEST_POOL_ID']).toMatch(/^[12]$/); expect(Number(process.env['VITEST_WORKER_ID'])).toBeGreaterThan(0); expect(process.env['VITEST']).toBe('true')
})
test('memory and cpu are told', () => { expect(process.memoryUsage().heapUsed).toBeGreaterThan(0); expect(process.cpuUsage().user).toBeGreaterThan(0) })`),
  'children.test.ts':
    testFile(`import { Worker } from 'node:worker_threads'; import { execFileSync, fork, spawn } from 'node:child_process'; import { once } from 'node:events'
const zygoteFlags = /v8-pool-size|concurrent|single-threaded|sigusr1/
const told = async (from) => (await once(from, 'message'))[0]
test('a worker thread', async () => {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: 20 }); const answer = await told(worker); await worker.terminate()
  expect(answer.double).toBe(40)
})
test('a worker thread sees no flags of a zygote', async () => {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { workerData: 20 }); const answer = await told(worker); await worker.terminate()
  expect(answer.execArgv.join(' ')).not.toMatch(zygoteFlags)
})
test('child_process.fork', async () => {
  const child = fork(new URL('./forked.mjs', import.meta.url)); const answer = await told(child); child.send('bye'); const [code] = await once(child, 'exit')
  expect(answer.ppid).toBe(process.pid); expect(answer.execArgv.join(' ')).not.toMatch(zygoteFlags); expect(code).toBe(7)
})
test('spawn and exec', async () => {
  expect(execFileSync('echo', ['heard'], { encoding: 'utf8' })).toBe('heard\\n')
  const child = spawn('cat'); child.stdin.end('through a pipe'); expect((await child.stdout.toArray()).join('')).toBe('through a pipe')
})
test('signals', async () => { const heard = once(process, 'SIGUSR2'); process.kill(process.pid, 'SIGUSR2'); await heard })`),
  'r1.test.ts': draws,
  'r2.test.ts': draws,
  'r3.test.ts': draws,
  'r4.test.ts': draws,
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    'vitest.config.ts': nsboxConfig({ test: `pool: 'nsbox', maxWorkers: 2, execArgv: ['--expose-gc']` }),
    'worker.mjs': `import { parentPort, workerData } from 'node:worker_threads'; parentPort.postMessage({ double: workerData * 2, execArgv: process.execArgv })`,
    'forked.mjs': `process.send({ ppid: process.ppid, execArgv: process.execArgv }); process.on('message', () => process.exit(7))`,
    ...files,
  })
  let run: VitestRun
  beforeAll(async () => {
    run = await vitestRun(project)
  })

  test.each(['process.test.ts', 'children.test.ts'])('%s', (file) => {
    expect(Object.entries(run.failures).filter(([name]) => name.startsWith(file))).toEqual([])
    expect(run.files[file], run.output).toBe('passed')
  })

  test.each(['Math.random', 'randomUUID', 'crypto.randomUUID', 'randomBytes'])('%s differs between files', (source) => {
    const column = ['Math.random', 'randomUUID', 'crypto.randomUUID', 'randomBytes'].indexOf(source)
    const drawn = [...run.stdout.matchAll(/^drawn (.*)$/gm)].map((match) => (match[1] as string).split(' ')[column])
    expect(drawn).toHaveLength(4)
    expect(new Set(drawn).size, drawn.join(' ')).toBe(4)
  })
})
