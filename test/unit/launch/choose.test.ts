import { afterEach, expect, test, vi } from 'vitest'
import { chooseLaunch } from '../../../src/launch/choose.ts'
import { Plans } from '../../../src/launch/plans.ts'
import type { ZygoteProcess } from '../../../src/launch/zygote-process.ts'
import { requestFor } from '../../support/sandbox.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a zygote that never comes to be prepared is given up and closed', async () => {
  vi.useFakeTimers()
  const close = vi.fn(async () => undefined)
  const zygote = { mode: 'threads', prepared: new Promise<void>(() => undefined), close } as unknown as ZygoteProcess
  const plans = new Plans(requestFor(process.cwd()), process.env)
  const chosen = chooseLaunch({ launch: 'auto', upper: 'auto', plans, start: () => zygote })
  const refused = expect(chosen).rejects.toMatchObject({ code: 'ERR_NSBOX_START', stage: 'zygote' })
  await vi.advanceTimersByTimeAsync(60_000)
  await refused
  expect(close).toHaveBeenCalledOnce()
})

test('self-checks that give no answer in a minute say nothing about this node', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const killed = { exitCode: null, signal: 'SIGKILL', error: { code: 'ERR_NSBOX_INIT_KILLED' }, notEnforced: [] }
  const start = (mode: string) => {
    const end = Promise.withResolvers<unknown>()
    const launch = () => ({ ended: end.promise, kill: () => end.resolve(killed) })
    return { mode, prepared: Promise.resolve(), launch, close: async () => undefined } as unknown as ZygoteProcess
  }
  const plans = new Plans(requestFor(process.cwd()), process.env)
  const chosen = chooseLaunch({ launch: 'cold', upper: 'auto', plans, start })
  const refused = expect(chosen).rejects.toMatchObject({
    code: 'ERR_NSBOX_START',
    message: 'No sandbox can be launched now: the self-check of a cold zygote gave no answer in 60 s',
  })
  await vi.advanceTimersByTimeAsync(60_000)
  await refused
})

test.each([
  ['SIGKILL', 'ERR_NSBOX_INIT_KILLED', 'now'],
  ['SIGSEGV', 'ERR_NSBOX_SELF_CHECK', 'with this node'],
])('self-checks that end with %s', async (signal, code, where) => {
  const ended = Promise.resolve({ exitCode: null, signal, notEnforced: [] })
  const start = (mode: string) => {
    return { mode, prepared: Promise.resolve(), launch: () => ({ ended }), close: async () => undefined } as unknown as ZygoteProcess
  }
  const plans = new Plans(requestFor(process.cwd()), process.env)
  await expect(chooseLaunch({ launch: 'cold', upper: 'auto', plans, start })).rejects.toMatchObject({
    code,
    message: `No sandbox can be launched ${where}: the self-check of a cold zygote ended with ${signal}`,
  })
})
