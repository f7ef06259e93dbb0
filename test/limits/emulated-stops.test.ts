// Promise: that init stops everybody is nobody's business: stops of the program's own are told and kept, init's are not.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runLimited } from '../support/limited.ts'
import { Bench } from '../support/sandbox.ts'

const limits = { cpu: { share: 0.1, periodMs: 20 } }
const direct = fileURLToPath(new URL('../support/direct-limited.ts', import.meta.url))
const run = promisify(execFile)

let bench: Bench
beforeAll(() => {
  bench = new Bench()
})
afterAll(() => bench.close())

async function job(script: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, ['--single-threaded', direct, JSON.stringify(limits), bench.project, script], {
    env: bench.env,
  })
  return stdout.trim().split('\n')
}

const work = 'i=0; while [ $i -lt 10000 ]; do i=$((i+1)); done'

test('a job that is stopped for its share is not reported as stopped', async () => {
  expect(await job(work)).toEqual(['ended 0 throttled'])
})

test.each([
  ['STOP', 19],
  ['TSTP', 20],
])('a job that stops itself by SIG%s, beside others at work, stays so until somebody else sends SIGCONT', async (name, number) => {
  const script = `(while :; do :; done) & ${work}; kill -${name} $$; echo again; ${work}; exit 3`
  expect(await job(script)).toEqual([`stopped by ${number}`, 'go on', 'again', 'ended 3 throttled'])
})

test('a process that another has stopped stays stopped', async () => {
  // A stop that its receiver has not taken yet when init sends its own is lost (src/emulation/stopping.ts), so it is sent repeatedly.
  const script = `
    (while :; do :; done) & (while :; do echo; sleep 0.01; done > beats) & beats=$!
    sleep 0.3; for each in 1 2 3 4 5 6 7 8 9 10; do kill -STOP $beats; sleep 0.02; done; ${work}
    first=$(wc -l < beats); ${work}; second=$(wc -l < beats); [ $first = $second ] && echo still
    kill -CONT $beats; while [ $(wc -l < beats) = $second ]; do sleep 0.01; done; echo again
  `
  const { stdout, emulated } = await runLimited(bench, limits, ['/bin/sh', '-c', script])
  expect({ stdout, throttled: emulated.throttledPeriods > 0 }).toEqual({ stdout: 'still\nagain\n', throttled: true })
})

test('a shell with jobs does not see them stop', async () => {
  const source = `
    use POSIX ':sys_wait_h';
    my @jobs = map { my $pid = fork; if (!$pid) { setpgrp 0, 0; 1 until (times)[0] > 0.1; exit } $pid } 1..3;
    my $left = @jobs;
    while ($left) { waitpid -1, WUNTRACED; WIFSTOPPED($?) ? print "stopped\\n" : $left-- }
    print "done\\n";
  `
  const { stdout, emulated } = await runLimited(bench, limits, ['/usr/bin/env', 'perl', '-e', source])
  expect({ stdout, throttled: emulated.throttledPeriods > 0 }).toEqual({ stdout: 'done\n', throttled: true })
})
