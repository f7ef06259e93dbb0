// What a forked node can do: everything that a fork could have broken.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Inside, resultOf } from '../support/evaluate.ts'
import { Bench, payloadFixture, warmModes } from '../support/sandbox.ts'

/** @types/node has no WebAssembly. */
interface Instantiator {
  instantiate(bytes: Uint8Array): Promise<{ instance: { exports: { a(x: number, y: number): number } } }>
}

const execArgv = ['--no-warnings', '--stack-trace-limit=20']

describe.each(warmModes)('%s', (mode) => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench({ mode, files: { 'module.mjs': 'export const answer = 42\n' }, preload: payloadFixture('evaluate'), execArgv })
  })
  afterAll(() => bench.close())

  test('dynamic import', async () => {
    const act = async ({ load }: Inside, path: string) => ((await load(path)) as { answer: number }).answer
    expect(await resultOf(bench, act, `${bench.project}/module.mjs`)).toBe(42)
  })

  test('WebAssembly', async () => {
    const act = async () => {
      const add = [
        0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106,
        11,
      ]
      const { instantiate } = Reflect.get(globalThis, 'WebAssembly') as Instantiator
      return (await instantiate(new Uint8Array(add))).instance.exports.a(40, 2)
    }
    expect(await resultOf(bench, act)).toBe(42)
  })

  test("work of libuv's pool: zlib, pbkdf2, fs.promises, dns.lookup", async () => {
    const act = async () => {
      const { promisify } = process.getBuiltinModule('node:util')
      const { gzip, gunzip } = process.getBuiltinModule('node:zlib')
      const { pbkdf2 } = process.getBuiltinModule('node:crypto')
      const { readFile, writeFile } = process.getBuiltinModule('node:fs/promises')
      const { lookup } = process.getBuiltinModule('node:dns/promises')
      const packed = await promisify(gzip)(Buffer.alloc(100_000, 'z'))
      await writeFile('packed', packed)
      const unpacked = await promisify(gunzip)(await readFile('packed'))
      const key = await promisify(pbkdf2)('password', 'salt', 1, 20, 'sha1')
      return [unpacked.length, key.toString('hex'), (await lookup('localhost', { family: 4 })).address]
    }
    expect(await resultOf(bench, act)).toEqual([100_000, '0c60c80f961f0e71f3a9b524af6012062fe037a6', '127.0.0.1'])
  })

  test('timers in their order', async () => {
    const act = async () => {
      const order: string[] = []
      await new Promise<void>((resolve) => {
        setImmediate(() => {
          order.push('immediate')
          setTimeout(() => resolve(void order.push('timeout')))
        })
        process.nextTick(() => order.push('tick'))
        queueMicrotask(() => order.push('microtask'))
      })
      return order
    }
    expect(await resultOf(bench, act)).toEqual(['microtask', 'tick', 'immediate', 'timeout'])
  })

  test('fs.watch', async () => {
    const act = () =>
      new Promise<string | null>((resolve) => {
        const { watch, writeFileSync } = process.getBuiltinModule('node:fs')
        const watcher = watch('.', (_, name) => {
          watcher.close()
          resolve(name)
        })
        writeFileSync('watched', '')
      })
    expect(await resultOf(bench, act)).toBe('watched')
  })

  test('worker_threads', async () => {
    const act = () =>
      new Promise((resolve, reject) => {
        const { Worker } = process.getBuiltinModule('node:worker_threads')
        const source = 'const { parentPort, workerData } = require("node:worker_threads"); parentPort.postMessage(workerData * 2)'
        new Worker(source, { eval: true, workerData: 21 }).once('message', resolve).once('error', reject)
      })
    expect(await resultOf(bench, act)).toBe(42)
  })

  test("child processes: exec, spawn, and fork with IPC under the user's execArgv", async () => {
    const act = async () => {
      const { exec, spawn, fork } = process.getBuiltinModule('node:child_process')
      const { once } = process.getBuiltinModule('node:events')
      const { promisify } = process.getBuiltinModule('node:util')
      process
        .getBuiltinModule('node:fs')
        .writeFileSync('child.cjs', 'process.once("message", (m) => process.send([m, process.execArgv], () => process.exit()))')
      const { stdout } = await promisify(exec)('echo $((40 + 2))')
      const [code] = await once(spawn('sh', ['-c', 'exit 3']), 'exit')
      const child = fork('./child.cjs')
      child.send('ping')
      return [stdout, code, (await once(child, 'message'))[0]]
    }
    expect(await resultOf(bench, act)).toEqual(['42\n', 3, ['ping', execArgv]])
  })

  test('an http server and fetch on localhost', async () => {
    const act = async () => {
      const { createServer } = process.getBuiltinModule('node:http')
      const server = createServer((_, response) => response.end('served')).listen(0)
      await process.getBuiltinModule('node:events').once(server, 'listening')
      const { port } = server.address() as { port: number }
      const text = await (await fetch(`http://localhost:${port}`, { headers: { connection: 'close' } })).text()
      server.close()
      return text
    }
    expect(await resultOf(bench, act)).toBe('served')
  })

  test('300 MB of garbage in small objects', async () => {
    const act = () => {
      let kept: object[] = []
      for (let round = 0; round < 60; round++)
        kept = Array.from({ length: 50_000 }, (_, index) => ({ round, index, text: `${round}:${index}` }))
      return kept.length
    }
    expect(await resultOf(bench, act)).toBe(50_000)
  })

  test('hot functions', async () => {
    const act = () => {
      const hash = (text: string) => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7)
      const shapes = [{ x: 1 }, { y: 2, x: 2 }, { z: 3, y: 3, x: 3 }]
      let total = 0
      for (let index = 0; index < 3_000_000; index++) total = (total + (shapes[index % 3] as { x: number }).x * (index & 7)) | 0
      for (let index = 0; index < 50_000; index++) total ^= hash(`key ${index % 100}`)
      return total
    }
    expect(await resultOf(bench, act)).toBe((act as () => number)())
  })
})
