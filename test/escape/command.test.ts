// @module-tag root
// Attempts that only a program of `nsbox run` can make: through its streams, descriptors, limits and terminal.

import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { sandboxOptions } from '../../src/config/run-schema.ts'
import { sandboxRequest } from '../../src/run/request.ts'
import { command } from '../support/command.ts'
import { Place } from '../support/place.ts'
import { processesWith, until } from '../support/processes.ts'
import { programPath } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

const place = new Place()
afterAll(() => place.remove())
/** For a shell. */
const quoted = command.map((word) => `'${word}'`).join(' ')
const isRoot = process.getuid?.() === 0

/** With a descriptor open meanwhile. */
async function withFile<T>(path: string, flags: string, act: (fd: number) => Promise<T>): Promise<T> {
  const fd = openSync(path, flags)
  try {
    return await act(fd)
  } finally {
    closeSync(fd)
  }
}

test('write to the file that is its stdin', async () => {
  const input = join(place.outside, 'input')
  writeFileSync(input, 'one\ntwo\n')
  const { stdout, stderr } = await withFile(input, 'r', (fd) =>
    place.run([], 'read line; echo "$line"; echo gone > /proc/self/fd/0; chmod 0 /proc/self/fd/0', { stdio: [fd, 'pipe', 'pipe'] }),
  )
  expect(stdout).toBe('one\n')
  expect(stderr).toContain('Read-only file system')
  expect(readFileSync(input, 'utf8')).toBe('one\ntwo\n')
})

test('take more of stdin than it has read', () => {
  writeFileSync(join(place.project, 'lines'), 'one\ntwo\n')
  const script = `{ ${quoted} run -- /bin/sh -c 'read line; echo "$line"'; cat; } < lines`
  const { stdout } = spawnSync('/bin/sh', ['-c', script], {
    cwd: place.project,
    env: { PATH: programPath, HOME: place.home },
    encoding: 'utf8',
  })
  expect(stdout).toBe('one\ntwo\n')
})

test('reach the host through a directory that is its stdin', async () => {
  const { exitCode, stderr } = await withFile(place.outside, 'r', (fd) =>
    place.run([], 'echo gone > /proc/self/fd/0/kept', { stdio: [fd, 'pipe', 'pipe'] }),
  )
  expect(exitCode).toBe(125)
  expect(stderr).toContain('A standard stream is a directory')
  expect(readFileSync(join(place.outside, 'kept'), 'utf8')).toBe('kept')
})

test('find a descriptor that the caller leaked, write lines of status, or forge the report of its end', async () => {
  const status = join(place.root, 'status')
  const line = JSON.stringify({ ended: { status: 0, notEnforced: [] } })
  const script = `ls /proc/self/fd; ls /proc/$$/fd; (echo forged >&4) 2>/dev/null
    for fd in 3 4 5 6 7 8 9; do (echo '${line}' >&$fd) 2>/dev/null && echo wrote $fd; done
    for fd in /proc/1/fd/*; do (echo '${line}' > $fd) 2>/dev/null && echo wrote $fd; done; exit 3`
  const { exitCode, stdout } = await withFile(place.outside, 'r', (leaked) =>
    withFile(status, 'w', (fd) => place.run(['--status-fd', '4', '--diff'], script, { stdio: ['ignore', 'pipe', 'pipe', leaked, fd] })),
  )
  expect(exitCode).toBe(3)
  // 3 and 10 are those of ls and of a shell; neither has more.
  expect([...new Set(stdout.split('\n').filter((word) => !['', '0', '1', '2', '3', '10'].includes(word)))]).toEqual([])
  const lines = readFileSync(status, 'utf8').split('\n').filter(Boolean)
  expect(lines.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['started', 'ended'])
})

test('get more of what it has a limit of, or another clock or name than its own', async () => {
  const limits = [
    ['--tmpfs', '/tmp/small:size=512K,inodes=20'],
    ['--rlimit', 'fsize=1M'],
    ['--rlimit', 'nofile=64'],
    ['--nice', '10'],
  ]
  const clocks = ['--monotonic-offset', '1h', '--boottime-offset', '1h']
  const printed = await place.printed([...limits.flat(), ...clocks, '--uts', 'host'], {
    disk: 'LC_ALL=C dd if=/dev/zero of=/tmp/small/file bs=1M count=4 2>&1; stat -c %s /tmp/small/file; for i in $(seq 30); do : > /tmp/small/$i; done 2>&1 | head -1',
    file: 'dd if=/dev/zero of=large bs=1M count=4 2>/dev/null; echo $?; stat -c %s large',
    descriptors:
      'ulimit -n 65 2>/dev/null && echo raised; prlimit --nofile=65:65 --pid $$ 2>/dev/null && echo raised; ulimit -n; ulimit -Hn',
    niceness: 'renice -n 0 -p $$ >/dev/null 2>&1 && echo raised; nice',
    clock: '(echo monotonic 1 0 > /proc/self/timens_offsets) 2>/dev/null && echo moved; date -s 2000-01-01 >/dev/null 2>&1 && echo set',
    name: 'hostname escape 2>/dev/null && echo named',
    signals: 'trap "echo told" USR1; kill -USR1 $$; kill -USR2 1; echo alive',
    devices: 'cd /dev; for file in * */*; do [ -b "$file" ] || [ -c "$file" ] && echo "$file"; done',
  })
  expect(printed).toEqual({
    disk: expect.stringMatching(/No space left on device[\s\S]*\n524288\n[\s\S]*No space left on device/),
    file: expect.stringMatching(/^[1-9]\d*\n1048576\n$/),
    descriptors: '64\n64\n',
    niceness: '10\n',
    clock: '',
    name: '',
    // Through its init, and it can still be signalled itself.
    signals: 'told\nalive\n',
    devices: 'full\nnull\nptmx\nrandom\nstdin\ntty\nurandom\nzero\nfd/0\npts/ptmx\n',
  })
})

test('fork without end', async () => {
  const { exitCode, stderr } = await place.run(['--rlimit', 'nproc=8'], 'for i in $(seq 50); do sleep 100 & done')
  // The kernel holds root to no such limit, and that is said.
  expect([exitCode, stderr]).toEqual(
    isRoot ? [125, expect.stringContaining('the kernel sets root no limit')] : [2, expect.stringMatching(/[Cc]annot fork/)],
  )
})

test.each(['private', 'host'])('outlive the time limit, with pids %s', async (pid) => {
  const script = 'trap "" TERM; for i in $(seq 10); do (trap "" TERM; setsid sleep 100 & sleep 100) & done; wait'
  // By then the shell ignores the signal, on a busy machine too.
  const { exitCode } = await place.run(['--pid', pid, '--timeout', '2s', '--kill-after', '200ms'], script)
  expect(exitCode).toBe(137)
  await until(() => processesWith(place.token).length === 0)
})

test.each(['private', 'host'])('outlive its command, with pids %s', async (pid) => {
  const { exitCode } = await place.run(
    ['--pid', pid],
    '(setsid sh -c "trap \'\' HUP TERM; sleep 100 & sleep 100" >/dev/null 2>&1 &) ; exit 0',
  )
  expect(exitCode).toBe(0)
  await until(() => processesWith(place.token).length === 0)
})

/** Each of eight starts another and ends, two thousand times. */
const chains = `link='if [ $1 -gt 0 ]; then sh -c "$0" "$0" $(($1 - 1)) & else echo over; fi'
  for each in 1 2 3 4 5 6 7 8; do sh -c "$link" "$link" 2000 & done; sleep 0.3; echo ends`

test.each(['private', 'host'])('be gone before the kill comes, with pids %s', async (pid) => {
  expect(await place.run(['--pid', pid], chains)).toMatchObject({ exitCode: 0, stdout: 'ends\n' })
})

test.each(['private', 'host'])('outlive the command when that is killed, with pids %s', async (pid) => {
  const { exitCode } = await place.run(['--pid', pid], 'setsid sleep 100 & echo runs; sleep 100', {
    signal: { at: /runs/, name: 'SIGKILL' },
  })
  expect(exitCode).toBe(null)
  await until(() => processesWith(place.token).length === 0)
})

test("look into a process of the host that it sees, or change the host through the host's /proc", async () => {
  const own = process.pid
  const printed = await place.printed(['--pid', 'host'], {
    look: `for file in environ mem maps auxv; do cat /proc/${own}/$file >/dev/null 2>&1 && echo $file; done; ls /proc/${own}/cwd/ /proc/${own}/root/ /proc/${own}/fd/0 2>/dev/null; ls -d /proc/${own}`,
    change:
      'for file in sys/kernel/core_pattern sys/kernel/hostname sys/vm/drop_caches sysrq-trigger self/oom_score_adj; do (echo 1 > /proc/$file) 2>/dev/null && echo $file; done',
  })
  expect(printed).toEqual({ look: `/proc/${own}\n`, change: '' })
})

test.each(['../etc/passwd', 'shm/../../etc/passwd', 'pts', 'log', '/etc/passwd'])('ask for %s as a device', async (name) => {
  const asked = async () => sandboxRequest(sandboxOptions({ devices: [name] }, 'test'), place.project)
  await expect(asked()).rejects.toThrow(/device|exist|EINVAL/)
})

test('let fd/0 in as a device', async () => {
  const { exitCode, stderr } = await place.run(['--dev', 'fd/0'], 'true')
  expect([exitCode, stderr]).toEqual([125, expect.stringMatching(/device|exist|EINVAL/)])
})

/** A shell script on a terminal of its own, which the command shares. */
function onTerminal(script: string): string {
  writeFileSync(join(place.project, 'script'), script.replaceAll('nsbox', `${quoted} run --`))
  const env = { PATH: programPath, HOME: place.home }
  const { stdout } = spawnSync('script', ['-qec', '/bin/sh ./script', '/dev/null'], {
    cwd: place.project,
    env,
    encoding: 'utf8',
    input: '',
  })
  return stdout.replaceAll('\r', '')
}

test("type into the caller's terminal, or keep it", () => {
  const type = 'for my $request (0x5412, 0x541c) { ioctl(STDIN, $request, my $c = "x") and print "typed\n"; print $!+0, "\n" }'
  const take =
    '$SIG{TTOU} = "IGNORE"; open(my $tty, "+<", "/dev/tty"); print POSIX::tcsetpgrp(fileno($tty), getpgrp()) ? "taken\n" : "$!\n"'
  const whose = 'open(my $tty, "<", "/dev/tty"); print POSIX::tcgetpgrp(fileno($tty)) == getpgrp() ? "mine\n" : "lost\n"'
  expect(onTerminal(`nsbox perl -MPOSIX -e '${type} ${take}'\nperl -MPOSIX -e '${whose}'`)).toBe('1\n1\ntaken\nmine\n')
})

test('the host is as it was', () => {
  expect(describeTree(place.outside).filter((line) => !line.startsWith('input')).length).toBe(2)
})
