// Promise: a sandbox sees only its own processes, and none outlives it.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { isAlive, processesWith } from '../support/processes.ts'
import { Bench, firstOutput } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

test('only its own processes are visible', async () => {
  const { stdout } = await bench.sh('for pid in /proc/[0-9]*; do tr "\\0" " " < $pid/cmdline | cut -c1-7; done; echo $$ $PPID')
  const lines = stdout.trim().split('\n')
  expect(lines.at(-1)).toMatch(/^\d+ 1$/)
  expect(lines.length).toBeLessThanOrEqual(5)
})

test.each([
  ['a background job', 'sleep 1000 &'],
  ['a daemon', '(setsid sh -c "sleep 1000 & echo up" &) | read -r _'],
  ['one that ignores every signal', 'sh -c \'trap "" HUP INT TERM QUIT PIPE; echo up; sleep 1000; sleep 1000\' | read -r _ &'],
  ['a stopped one', 'sleep 1000 & kill -STOP $!'],
  ['a hundred', 'for i in $(seq 100); do sleep 1000 & done'],
])('gone with the sandbox: %s', async (_, script) => {
  const before = processesWith(bench.token)
  expect(await bench.sh(`${script}\nexit 4`)).toMatchObject({ exitCode: 4, signal: null })
  expect(processesWith(bench.token)).toEqual(before)
})

test('output of what was left behind does not hold the end back', async () => {
  expect(await bench.sh('setsid sleep 1000 & echo done')).toMatchObject({ exitCode: 0, stdout: 'done\n' })
})

test('orphans are adopted and reaped by init', async () => {
  const { stdout, stderr } = await bench.node(`
    import { spawn } from 'node:child_process'
    import { readdirSync, readFileSync } from 'node:fs'
    import { once } from 'node:events'
    import { setTimeout } from 'node:timers/promises'
    for (let i = 0; i < 20; i++) await once(spawn('sh', ['-c', '(sleep 0.01 &) ; exit 0']), 'exit')
    const others = () => readdirSync('/proc').map(Number).filter((pid) => pid > 1 && pid !== process.pid)
    for (let looks = 0; others().length > 0 && looks < 1000; looks++) await setTimeout(10)
    console.log(others().length > 0 ? 'left: ' + others() : 'reaped')
  `)
  expect({ stdout, stderr }).toEqual({ stdout: 'reaped\n', stderr: '' })
})

test('the payload leads a session and a group of its own', async () => {
  const { stdout } = await bench.sh('cut -d" " -f1,5,6 /proc/$$/stat; echo $$')
  const [line = '', pid] = stdout.trim().split('\n')
  expect(line.split(' ')).toEqual([pid, pid, pid])
})

test('kill 0 inside ends only the sandbox', async () => {
  expect(await bench.sh('kill -KILL 0')).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
  expect(await bench.sh('kill -KILL -1; exit 6')).toMatchObject({ exitCode: 6 })
  expect(bench.zygote.alive).toBe(true)
})

test('the host sees init by its pid there', async () => {
  const sandbox = bench.start(['/bin/sh', '-c', 'echo up; exec sleep 1000'])
  await firstOutput(sandbox)
  expect(isAlive(sandbox.pid as number)).toBe(true)
  process.kill(sandbox.pid as number, 'SIGKILL')
  expect(await sandbox.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL', error: { code: 'ERR_NSBOX_INIT_KILLED' } })
  expect((await bench.sh('exit 5')).exitCode).toBe(5)
})
