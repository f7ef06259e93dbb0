// What a forked node does as a fresh one would: everything that a fork could have broken.

import type { Inside } from '../support/evaluate.ts'

/** @types/node has no WebAssembly. */
interface Instantiator {
  instantiate(bytes: Uint8Array): Promise<{ instance: { exports: { a(x: number, y: number): number } } }>
}

/** The user's flags of the zygote that it runs in. */
export const execArgv: string[] = ['--no-warnings', '--stack-trace-limit=20']

interface Work {
  act: (inside: Inside) => unknown
  expected: unknown
}

/** Each act runs inside, in a project with module.mjs in it. */
export const work: Record<string, Work> = {
  'dynamic import': {
    act: async ({ load }) => ((await load(`${process.cwd()}/module.mjs`)) as { answer: number }).answer,
    expected: 42,
  },
  WebAssembly: {
    act: async () => {
      const add = [
        0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 5, 1, 1, 97, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106,
        11,
      ]
      const { instantiate } = Reflect.get(globalThis, 'WebAssembly') as Instantiator
      return (await instantiate(new Uint8Array(add))).instance.exports.a(40, 2)
    },
    expected: 42,
  },
  "work of libuv's pool: zlib, pbkdf2, fs.promises, dns.lookup": {
    act: async () => {
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
    },
    expected: [100_000, '0c60c80f961f0e71f3a9b524af6012062fe037a6', '127.0.0.1'],
  },
  'timers in their order': {
    act: async () => {
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
    },
    expected: ['microtask', 'tick', 'immediate', 'timeout'],
  },
  'fs.watch': {
    act: () =>
      new Promise<string | null>((resolve) => {
        const { watch, writeFileSync } = process.getBuiltinModule('node:fs')
        const watcher = watch('.', (_, name) => {
          watcher.close()
          resolve(name)
        })
        writeFileSync('watched', '')
      }),
    expected: 'watched',
  },
  worker_threads: {
    act: () =>
      new Promise((resolve, reject) => {
        const { Worker } = process.getBuiltinModule('node:worker_threads')
        const source = 'const { parentPort, workerData } = require("node:worker_threads"); parentPort.postMessage(workerData * 2)'
        new Worker(source, { eval: true, workerData: 21 }).once('message', resolve).once('error', reject)
      }),
    expected: 42,
  },
  "child processes: exec, spawn, and fork with IPC under the user's execArgv": {
    act: async () => {
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
    },
    expected: ['42\n', 3, ['ping', execArgv]],
  },
  'an http server and fetch on localhost': {
    act: async () => {
      const { createServer } = process.getBuiltinModule('node:http')
      const server = createServer((_, response) => response.end('served')).listen(0)
      await process.getBuiltinModule('node:events').once(server, 'listening')
      const { port } = server.address() as { port: number }
      const text = await (await fetch(`http://localhost:${port}`, { headers: { connection: 'close' } })).text()
      server.close()
      return text
    },
    expected: 'served',
  },
  '100 MB of garbage in small objects': {
    act: () => {
      let kept: object[] = []
      for (let round = 0; round < 20; round++)
        kept = Array.from({ length: 50_000 }, (_, index) => ({ round, index, text: `${round}:${index}` }))
      return kept.length
    },
    expected: 50_000,
  },
  'hot functions': {
    act: () => {
      const hash = (text: string) => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7)
      const shapes = [{ x: 1 }, { y: 2, x: 2 }, { z: 3, y: 3, x: 3 }]
      let total = 0
      for (let index = 0; index < 3_000_000; index++) total = (total + (shapes[index % 3] as { x: number }).x * (index & 7)) | 0
      for (let index = 0; index < 50_000; index++) total ^= hash(`key ${index % 100}`)
      return total
    },
    expected: 21_000_000,
  },
}
