// @module-tag root
// Promise: sandboxes are born in cgroups of their own, see only those, and leave none behind.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { WarmSandbox } from '../../src/index.ts'
import { byCgroup, cgroupsLeft, controllers, limitedSandbox, scratch, scratchSandbox, whyNoCgroup } from '../support/limits.ts'
import { until } from '../support/processes.ts'
import { repository } from '../support/sandbox.ts'

describe.skipIf(!byCgroup)(byCgroup ? 'cgroups of sandboxes' : `needs a cgroup: ${whyNoCgroup}`, () => {
  describe('what a program in one sees', () => {
    let limited: WarmSandbox
    beforeAll(async () => {
      limited = await scratchSandbox({ memory: '256M', pids: 100, limitsBy: 'cgroup' })
    })
    // Its zygote may have a scope of its own, which the tests below must not meet.
    afterAll(() => limited.close())

    test('a program sees its own cgroup as the root, and its limits, and cannot change them', async () => {
      const look =
        'cat /proc/self/cgroup /sys/fs/cgroup/memory.max; echo 300M > /sys/fs/cgroup/memory.max; mkdir /sys/fs/cgroup/x; ls -d /sys/fs/cgroup/../cgroup/nsbox*'
      const report = await limited.exec(['/bin/sh', '-c', look])
      expect(report.stdout).toBe('0::/\n268435456\n')
      expect(report.stderr).toMatch(/Read-only file system/)
    })

    test('node inside knows its cap', async () => {
      const report = await limited.exec([process.execPath, '-p', 'process.constrainedMemory()'])
      expect(report.stdout).toBe(`${256 * 1024 ** 2}\n`)
    })

    test('the first process is in it before it runs: init is counted and all its children are inside', async () => {
      const report = await limited.exec(['/bin/sh', '-c', 'cat /sys/fs/cgroup/cgroup.procs | tr "\\n" " "'])
      // init, sh, cat and tr
      expect(report.stdout?.trim().split(' ')).toHaveLength(4)
    })

    test('what is counted', async () => {
      const report = await limited.exec(['/bin/sh', '-c', 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; true | true'])
      expect(report.usage).toMatchObject({ countedBy: 'cgroup', oomKills: 0, pidsRefused: 0 })
      expect(report.usage?.cpuMs).toBeGreaterThan(0)
      expect(report.usage?.memoryPeakBytes).toBeGreaterThan(100_000)
      expect(report.usage?.pidsPeak).toBeGreaterThan(1)
      if (controllers.includes('io')) expect(report.usage?.io).toMatchObject({ readBytes: expect.any(Number) })
    })
  })

  test('three at once have one each, and their caps do not add up', async () => {
    const sandbox = await limitedSandbox({ pids: 10 })
    const reports = await Promise.all([1, 2, 3].map(() => sandbox.exec(['/bin/sh', '-c', 'sleep 1 & sleep 1 & sleep 1 & wait'])))
    for (const report of reports) expect(report).toMatchObject({ exitCode: 0, usage: { pidsRefused: 0 } })
  })

  test('many sandboxes, made and removed, leave no cgroup', async () => {
    const sandbox = await limitedSandbox({ pids: 20 })
    for (let round = 0; round < 3; round++) {
      const reports = await Promise.all([1, 2, 3, 4].map(() => sandbox.exec(['true'])))
      expect(reports.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0])
    }
    await sandbox.close()
    await nothingLeft()
  })

  test('a host that is killed leaves no cgroup and no process', async () => {
    const program = join(scratch, 'host.mjs')
    const library = pathToFileURL(join(repository, 'dist/index.js')).href
    const source = `
      import { createSandbox } from ${JSON.stringify(library)}
      const sandbox = await createSandbox({ memory: '256M' })
      const running = sandbox.exec(['sh', '-c', 'echo ready; sleep 1000 & sleep 1000'])
      running.stdout.on('data', (text) => process.stdout.write(text))
      await running
    `
    writeFileSync(program, source)
    const host = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'], cwd: scratch })
    await new Promise((resolve) => host.stdout.once('data', resolve))
    expect(cgroupsLeft().length).toBeGreaterThan(0)
    host.kill('SIGKILL')
    await ended(host)
    await nothingLeft()
  })

  test('the command in a cgroup of its own', async () => {
    const words = ['run', '--cpu', '0.5', '--memory', '256M', '--limits-by', 'cgroup', '--json', '--', 'cat', '/sys/fs/cgroup/cpu.max']
    const report = JSON.parse((await command(words)).stderr) as object
    expect(report).toMatchObject({
      exitCode: 0,
      limits: { cpu: 'cgroup cpu.max', memory: 'cgroup memory.max' },
      usage: { countedBy: 'cgroup' },
    })
    await nothingLeft()
  })

  test('the command gives its exit code, its streams and its environment through the scope of systemd', async () => {
    const { exitCode, stdout } = await command(['run', '--cpu', '1', '--', 'sh', '-c', 'cat; env | grep -c NSBOX_COMMAND; exit 7'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 7, stdout: 'input0\n' })
  })

  test('orders on a descriptor', async () => {
    const { child, orders, answers } = orderedRun()
    await answers(1)
    orders.write('{"do":"freeze"}\n{"do":"set-limits","limits":{"cpu":0.25}}\n{"do":"jump"}\n{"do":"thaw"}\n{"do":"usage"}\n')
    const lines = await answers(6)
    expect(lines.map(({ type }) => type)).toEqual(['started', 'done', 'done', 'refused', 'done', 'done'])
    expect(lines[3]?.error?.message).toContain('"jump"; it must be one of freeze')
    orders.write('{"do":"kill"}\n')
    await ended(child)
    expect(child.exitCode).toBe(137)
  })

  // Linux before 6.6 makes the sandbox twice: the first finds that a tmpfs cannot hold its overlay.
  test.each([0, 10, 25, 50])('an order to kill %i ms after the start, while the sandbox is made', async (delay) => {
    const { child, orders, answers } = orderedRun()
    await answers(1)
    await sleep(delay)
    orders.write('{"do":"kill"}\n')
    await ended(child)
    expect(child.exitCode).toBe(137)
  })
})

/** A command that takes orders, and what it answers: so many lines, as soon as they are there. */
function orderedRun() {
  const words = ['run', '--cpu', '1', '--control-fd', '3', '--status-fd', '4', '--', 'sleep', '100']
  const child = spawn(process.execPath, [join(repository, 'dist/cli.cjs'), ...words], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'],
    cwd: scratch,
  })
  const [orders, status] = [child.stdio[3] as NodeJS.WritableStream, child.stdio[4] as NodeJS.ReadableStream]
  let text = ''
  status.on('data', (chunk) => (text += chunk))
  const answers = async (count: number) => {
    const lines = () => text.split('\n').slice(0, -1)
    await until(() => lines().length >= count)
    return lines().map((line) => JSON.parse(line) as { type: string; limits?: object; error?: { message: string } })
  }
  return { child, orders, answers }
}

async function nothingLeft(): Promise<void> {
  await vi.waitFor(() => expect(cgroupsLeft()).toEqual([]), { timeout: 20_000, interval: 50 })
}

async function command(words: readonly string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [join(repository, 'dist/cli.cjs'), ...words], { stdio: ['pipe', 'pipe', 'pipe'], cwd: scratch })
  const [out, err] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    return () => Buffer.concat(chunks).toString()
  })
  child.stdin.end('input')
  await ended(child)
  return { exitCode: child.exitCode, stdout: out?.() ?? '', stderr: err?.() ?? '' }
}

function ended(child: ChildProcess): Promise<unknown> {
  return child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('close', resolve))
}

test('the caller is where it was', () => {
  expect(readFileSync('/proc/self/cgroup', 'utf8')).not.toMatch(/nsbox-callers/)
})
