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
