// A forked node passes for a fresh one: what a preloaded payload finds and may do.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Inside, resultOf } from '../support/evaluate.ts'
import { Bench, payloadFixture, warmModes } from '../support/sandbox.ts'
import { execArgv, work } from './work.ts'

/** Runs inside. */
async function actAll(inside: Inside, sources: Record<string, string>): Promise<Record<string, unknown>> {
  const results: Record<string, unknown> = {}
  for (const [name, source] of Object.entries(sources)) {
    const act = process.getBuiltinModule('node:vm').runInThisContext(`(${source})`)
    results[name] = await Promise.resolve(inside).then(act).catch(String)
  }
  return results
}

describe.each(warmModes)('%s', (mode) => {
  let bench: Bench
  beforeAll(async () => {
    const files = { 'module.mjs': 'export const answer = 42\n' }
    bench = new Bench({ mode, files, preload: payloadFixture('evaluate'), execArgv })
    await bench.zygote.prepared
    await bench.zygote.warm({ from: 'host', bytes: new Uint8Array([1, 2, 3]), map: new Map([['a', 1]]) })
  })
  afterAll(() => bench.close())

  describe('children', () => {
    const look = ({ prepared, warmed }: Inside) => {
      const { randomUUID, randomBytes, getRandomValues } = process.getBuiltinModule('node:crypto')
      const { randomUUID: web } = globalThis.crypto
      const data = warmed as { from: string; bytes: Uint8Array; map: Map<string, number> }
      const seen = { data: prepared.data, from: data.from, bytes: [...data.bytes], map: [...data.map] }
      data.from = 'changed'
      return {
        seen,
        draws: [
          Math.random(),
          randomUUID(),
          web.call(globalThis.crypto),
          randomBytes(16).toString('hex'),
          String(getRandomValues(new Uint8Array(16))),
        ],
        process: { pid: process.pid, ppid: process.ppid, sameAsZygote: process.pid === prepared.pid, execArgv: process.execArgv },
        stat: Number(process.getBuiltinModule('node:fs').readFileSync('/proc/self/stat', 'utf8').split(' ')[0]),
        uptime: { child: process.uptime(), zygote: performance.now() / 1000 },
      }
    }
    let children: ReturnType<typeof look>[]
    beforeAll(async () => {
      children = await Promise.all(Array.from({ length: 8 }, () => resultOf(bench, look)))
      children.push(await resultOf(bench, look))
    })

    test('process.pid, ppid and execArgv are their own', () => {
      for (const { process, stat } of children) expect(process).toEqual({ pid: stat, ppid: 1, sameAsZygote: false, execArgv })
    })

    test('randomness differs between them, also where it was drawn before the fork', () => {
      const distinct = [0, 1, 2, 3, 4].map((column) => new Set(children.slice(0, 8).map(({ draws }) => draws[column])).size)
      expect(distinct.slice(1)).toEqual([8, 8, 8, 8])
      // Math.random is moved on by a limited number of draws, so that two children may coincide.
      expect(distinct[0]).toBeGreaterThan(5)
    })

    test('each sees what the preparation and the warming left, and cannot change what the next one sees', () => {
      const expected = { data: 'prepared', from: 'host', bytes: [1, 2, 3], map: [['a', 1]] }
      for (const { seen } of children) expect(seen).toEqual(expected)
    })

    test('uptime counts from the fork', () => {
      for (const { uptime } of children) {
        expect(uptime.child).toBeGreaterThan(0)
        expect(uptime.child).toBeLessThan(uptime.zygote)
      }
    })
  })

  describe('work', () => {
    let results: Record<string, unknown>
    beforeAll(async () => {
      const sources = Object.entries(work).map(([name, { act }]) => [name, act.toString()])
      results = await resultOf(bench, actAll, Object.fromEntries(sources))
    })

    test.each(Object.entries(work))('%s', (name, { expected }) => expect(results[name]).toEqual(expected))
  })

  test('a warming that fails leaves the zygote usable', async () => {
    await expect(bench.zygote.warm('fail')).rejects.toThrow('warm failed')
    expect(await resultOf(bench, () => 'usable')).toBe('usable')
  })

  test('messages both ways over the channel', async () => {
    const { plan } = bench.plans.next()
    const echo = ({ channel }: Inside) =>
      new Promise<void>((resolve) => {
        channel.on((message) => {
          channel.post(message)
          resolve()
        })
      })
    const sandbox = bench.zygote.launch(plan, { kind: 'preloaded', data: { source: echo.toString(), args: [] } })
    const answer = new Promise((resolve) => sandbox.channel.on(resolve))
    sandbox.channel.post({ map: new Map([[1, new Date(0)]]), large: 'x'.repeat(1_000_000) })
    expect(await answer).toEqual({ map: new Map([[1, new Date(0)]]), large: 'x'.repeat(1_000_000) })
    expect((await sandbox.ended).exitCode).toBe(0)
  })

  test('the last message before a crash arrives', async () => {
    const { plan } = bench.plans.next()
    const crash = ({ channel }: Inside) => {
      channel.post('x'.repeat(1_000_000))
      process.kill(process.pid, 'SIGKILL')
    }
    const sandbox = bench.zygote.launch(plan, { kind: 'preloaded', data: { source: crash.toString(), args: [] } })
    const last = new Promise<unknown>((resolve) => sandbox.channel.on(resolve))
    expect(await sandbox.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    expect(await last).toHaveLength(1_000_000)
  })
})

describe.each(warmModes)('%s', (mode) => {
  test('a preloaded module that cannot be imported', async () => {
    const bench = new Bench({ mode, preload: payloadFixture('broken') })
    await expect(bench.zygote.prepared).rejects.toThrow('broken on import')
    await bench.close()
  })
})
