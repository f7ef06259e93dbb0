// A forked node passes for a fresh one: what a preloaded payload finds and may do.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Inside, resultOf } from '../support/evaluate.ts'
import { Bench, payloadFixture, warmModes } from '../support/sandbox.ts'

const execArgv = ['--no-warnings', '--stack-trace-limit=20']

describe.each(warmModes)('%s', (mode) => {
  let bench: Bench
  beforeAll(async () => {
    const files = { 'module.mjs': 'export const answer = 42\n' }
    bench = new Bench({ mode, files, preload: payloadFixture('evaluate'), execArgv })
    await bench.zygote.prepared
    await bench.zygote.warm({ from: 'host', bytes: new Uint8Array([1, 2, 3]), map: new Map([['a', 1]]) })
  })
  afterAll(() => bench.close())

  test('process.pid, ppid and execArgv are its own', async () => {
    const found = await resultOf(bench, ({ prepared }) => ({
      pid: process.pid,
      ppid: process.ppid,
      sameAsZygote: process.pid === prepared.pid,
      execArgv: process.execArgv,
      stat: Number(process.getBuiltinModule('node:fs').readFileSync('/proc/self/stat', 'utf8').split(' ')[0]),
    }))
    expect(found).toEqual({ pid: found.stat, ppid: 1, sameAsZygote: false, execArgv, stat: found.stat })
  })

  test('randomness differs between children, also where it was drawn before the fork', async () => {
    const draw = () => {
      const { randomUUID, randomBytes, getRandomValues } = process.getBuiltinModule('node:crypto')
      const { randomUUID: web } = globalThis.crypto
      return [
        Math.random(),
        randomUUID(),
        web.call(globalThis.crypto),
        randomBytes(16).toString('hex'),
        String(getRandomValues(new Uint8Array(16))),
      ]
    }
    const children = await Promise.all(Array.from({ length: 8 }, () => resultOf(bench, draw)))
    const distinct = [0, 1, 2, 3, 4].map((column) => new Set(children.map((draws) => draws[column])).size)
    expect(distinct.slice(1)).toEqual([8, 8, 8, 8])
    // Math.random is moved on by a limited number of draws, so that two children may coincide.
    expect(distinct[0]).toBeGreaterThan(5)
  })

  test('what the preparation and the warming left is seen by every child', async () => {
    const look = ({ prepared, warmed }: Inside) => {
      const { from, bytes, map } = warmed as { from: string; bytes: Uint8Array; map: Map<string, number> }
      return { data: prepared.data, from, bytes: [...bytes], map: [...map] }
    }
    const expected = { data: 'prepared', from: 'host', bytes: [1, 2, 3], map: [['a', 1]] }
    expect(await Promise.all([resultOf(bench, look), resultOf(bench, look)])).toEqual([expected, expected])
  })

  test('a child cannot change what the next one sees', async () => {
    const change = ({ warmed }: Inside) => {
      const data = warmed as { from: string }
      const before = data.from
      data.from = 'changed'
      return before
    }
    expect([await resultOf(bench, change), await resultOf(bench, change)]).toEqual(['host', 'host'])
  })

  test('uptime counts from the fork', async () => {
    await resultOf(bench, () => undefined)
    const { child, zygote } = await resultOf(bench, () => ({ child: process.uptime(), zygote: performance.now() / 1000 }))
    expect(child).toBeGreaterThan(0)
    expect(child).toBeLessThan(zygote)
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

describe.each(warmModes)('%s: what goes wrong before the fork', (mode) => {
  test('a preloaded module that cannot be imported', async () => {
    const bench = new Bench({ mode, preload: payloadFixture('broken') })
    await expect(bench.zygote.prepared).rejects.toThrow('broken on import')
    await bench.close()
  })

  test('a warming that fails leaves the zygote usable', async () => {
    const bench = new Bench({ mode, preload: payloadFixture('evaluate') })
    await expect(bench.zygote.warm('fail')).rejects.toThrow('warm failed')
    expect(await resultOf(bench, () => 'usable')).toBe('usable')
    await bench.close()
  })
})
