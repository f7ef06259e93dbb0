// How a forked node ends: as a fresh one would.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { evaluate, type Inside } from '../support/evaluate.ts'
import { Bench, payloadFixture, warmModes } from '../support/sandbox.ts'

describe.each(warmModes)('%s', (mode) => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench({ mode, preload: payloadFixture('evaluate') })
  })
  afterAll(() => bench.close())

  const end = async (act: (inside: Inside) => unknown) => await evaluate(bench, act as never, [])

  test('naturally, with beforeExit and exit', async () => {
    const act = () => {
      process.once('beforeExit', () => process.stdout.write('before '))
      process.on('exit', (code) => process.getBuiltinModule('node:fs').writeSync(1, `exit ${code}`))
    }
    expect(await end(act)).toMatchObject({ exitCode: 0, signal: null, stdout: 'before exit 0', stderr: '' })
  })

  test('naturally, after all output is written', async () => {
    const act = () => {
      process.stdout.write('o'.repeat(1 << 20))
      process.stderr.write('e'.repeat(1 << 20))
    }
    const { exitCode, stdout, stderr } = await end(act)
    expect([exitCode, stdout.length, stderr.length]).toEqual([0, 1 << 20, 1 << 20])
  })

  test('process.exit, with its listeners, by a listener for a signal', async () => {
    const act = () => {
      process.on('exit', (code) => process.getBuiltinModule('node:fs').writeSync(1, `exit ${code}`))
      setInterval(() => 0, 1000)
      process.once('SIGTERM', () => process.exit(7))
      process.kill(process.pid, 'SIGTERM')
    }
    expect(await end(act)).toMatchObject({ exitCode: 7, signal: null, stdout: 'exit 7' })
  })

  test('process.exitCode', async () => {
    expect(await end(() => Reflect.set(process, 'exitCode', 9))).toMatchObject({ exitCode: 9 })
  })

  test('an exit listener that sets another code', async () => {
    expect(await end(() => void process.on('exit', () => Reflect.set(process, 'exitCode', 11)))).toMatchObject({ exitCode: 11 })
  })

  test('an uncaught exception: code 1 and the stack on stderr', async () => {
    const act = () => {
      setTimeout(function thrower() {
        throw new RangeError('thrown in a timer')
      })
    }
    const ended = await end(act)
    expect(ended).toMatchObject({ exitCode: 1, signal: null })
    expect(ended.stderr).toMatch(/RangeError: thrown in a timer\n {4}at .*thrower/)
  })

  test('an unhandled rejection: code 1 and the stack on stderr', async () => {
    const ended = await end(() => void Promise.reject(new RangeError('rejected')))
    expect(ended).toMatchObject({ exitCode: 1, signal: null })
    expect(ended.stderr).toMatch(/RangeError: rejected\n {4}at /)
  })

  test('a thrown value that is no error is named', async () => {
    const ended = await end(
      () =>
        void setTimeout(() => {
          throw { reason: 'a plain object' }
        }),
    )
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toContain('a plain object')
  })

  test('an error from run itself', async () => {
    const ended = await end(() => {
      throw new RangeError('from run')
    })
    expect(ended.exitCode).toBe(1)
    expect(ended.stderr).toContain('RangeError: from run')
  })

  test("neither an exception that is handled nor a program's own emit('exit') ends it", async () => {
    const act = () => {
      process.emit('exit', 5)
      process.once('uncaughtException', () => process.stdout.write('handled'))
      setTimeout(() => {
        throw new Error('handled')
      })
    }
    expect(await end(act)).toMatchObject({ exitCode: 0, stdout: 'handled', stderr: '' })
  })

  test('process.abort', async () => {
    expect(await end(() => process.abort())).toMatchObject({ exitCode: null, signal: 'SIGABRT' })
  })

  test('a signal to itself', async () => {
    expect(
      await end(() => {
        process.kill(process.pid, 'SIGTERM')
        setInterval(() => 0, 1000)
      }),
    ).toMatchObject({ exitCode: null, signal: 'SIGTERM' })
  })
})
