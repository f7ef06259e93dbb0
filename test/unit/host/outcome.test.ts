import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, onTestFinished, test, vi } from 'vitest'
import { outcomeOf } from '../../../src/host/outcome.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('a child that gives no answer in a minute is killed, and no cause is made of that', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const child = spawn('/bin/sh', ['-c', 'sleep 1000 & echo $! >&2; wait'], { stdio: ['ignore', 'pipe', 'pipe'] })
  const outcome = outcomeOf(child)
  const [started] = (await once(child.stderr, 'data')) as [Buffer]
  onTestFinished(() => void process.kill(Number(started), 'SIGKILL'))
  await vi.advanceTimersByTimeAsync(59_999)
  expect(child.killed).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await outcome).toEqual({ ok: false, isLate: true, stdout: '', said: 'no answer in 60 s' })
})

test("a child that fails is told of in node's own line, or by its end", async () => {
  const fails = (script: string) => outcomeOf(spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'pipe'] }))
  expect(await fails('printf "at x\\nTypeError: no\\n  at y\\n" >&2; exit 1')).toMatchObject({ isLate: false, said: 'TypeError: no' })
  expect(await fails('kill -KILL $$')).toMatchObject({ ok: false, isLate: false, said: 'ended with SIGKILL' })
})
