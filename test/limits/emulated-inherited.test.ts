// @module-tag root
// Promise: limits that processes inherit hold from the first instruction, and are refused where the kernel would not hold them.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { isRoot, planWith, runLimited } from '../support/limited.ts'
import { Bench } from '../support/sandbox.ts'

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

const sh = (script: string) => ['/bin/sh', '-c', script]

test('processors and weight', async () => {
  const { stdout } = await runLimited(bench, { cpus: [0], cpuWeight: 33 }, sh('nice; grep -o "list:.*" /proc/self/status | head -1'))
  expect(stdout).toBe('5\nlist:\t0\n')
})

test.runIf(isRoot)('root of the machine has no limit of processes', async () => {
  const plan = planWith(bench, { pids: 50 })
  const { error } = await bench.exec(sh('true'), { plan })
  expect(error).toMatchObject({
    message: 'pids cannot be held without a cgroup: the kernel sets root no limit of processes (getrlimit(2))',
    hint: 'A cgroup can hold it.',
  })
  const preferred = await bench.exec(sh('true'), { plan: { ...plan, seal: 'prefer' } })
  expect(preferred).toMatchObject({ exitCode: 0, notEnforced: [{ protection: 'pids', error }] })
})

/** Forks until it may not, many times over, and counts who is there: init is one of them. */
const forkBomb = `
  for (1..10) { last unless defined(my $pid = fork); if (!$pid) { fork for 1..30; sleep 2; exit } }
  my $most = 0;
  for (1..20) { my @all = glob("/proc/[0-9]*"); $most = @all if @all > $most; select undef, undef, undef, 0.02 }
  print $most - 1;
`

test.skipIf(isRoot)('a fork bomb stays inside its box', async () => {
  const { stdout } = await runLimited(bench, { pids: 40 }, ['/usr/bin/env', 'perl', '-e', forkBomb])
  expect(stdout).toBe('40')
})

test.skipIf(isRoot)('the limit cannot be raised inside', async () => {
  const { stdout } = await runLimited(bench, { pids: 40 }, ['/bin/bash', '-c', 'ulimit -Hu; ulimit -u 100 2>&1 || ulimit -u'])
  expect(stdout).toMatch(/^41\n.*not permitted\n41\n$/s)
})

test.skipIf(isRoot)('node runs with the fewest that can be asked for', async () => {
  const { stdout } = await runLimited(bench, { pids: 16 }, [process.execPath, '--eval', "console.log('up')"])
  expect(stdout).toBe('up\n')
})

test.each([
  [{ pids: 15 }, 'pids is 15: it must be a whole number, and at least 16, which one node needs for its threads'],
  [{ pids: 20.5 }, 'pids is 20.5: it must be a whole number, and at least 16, which one node needs for its threads'],
  [{ memory: 0 }, 'memory is 0: it must be more than 0 bytes'],
  [
    { cpuWeight: 200 },
    'cpuWeight cannot be held without a cgroup: 200 is above 100, and only a privileged process may have a niceness below 0 (setpriority(2))',
  ],
])('refused: %o', async (limits, message) => {
  expect((await bench.exec(sh('true'), { plan: planWith(bench, limits) })).error?.message).toBe(message)
})
