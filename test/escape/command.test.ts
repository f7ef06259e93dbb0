// Attempts that only a program of `nsbox run` can make: through its streams, descriptors, limits and terminal.

import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
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

test('find a descriptor that the caller leaked, or one of the command', async () => {
  const { stdout } = await withFile(place.outside, 'r', (fd) =>
    place.run(['--status-fd', '4', '--diff'], 'ls /proc/self/fd; ls /proc/$$/fd', { stdio: ['ignore', 'pipe', 'pipe', fd, 'pipe'] }),
  )
  // 3 and 10 are those of ls and of a shell; neither has more.
  expect([...new Set(stdout.split('\n').filter(Boolean).map(Number))].filter((fd) => fd > 2 && fd !== 3 && fd !== 10)).toEqual([])
})

test('forge the report of its end', async () => {
  const line = JSON.stringify({ ended: { status: 0, notEnforced: [] } })
  const script = `for fd in 3 4 5 6 7 8 9; do (echo '${line}' >&$fd) 2>/dev/null && echo wrote $fd; done; for fd in /proc/1/fd/*; do (echo '${line}' > $fd) 2>/dev/null && echo wrote $fd; done; exit 3`
  const { exitCode, stdout } = await place.run([], script)
  expect([exitCode, stdout]).toEqual([3, ''])
})

test('write lines of status', async () => {
  const status = join(place.root, 'status')
  await withFile(status, 'w', (fd) =>
    place.run(['--status-fd', '4'], 'echo forged >&4', { stdio: ['ignore', 'pipe', 'pipe', 'ignore', fd] }),
  )
  const lines = readFileSync(status, 'utf8').split('\n').filter(Boolean)
  expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual(['started', 'ended'])
})

test('signal the command through its init, and still be signalled itself', async () => {
  const { stdout } = await place.run([], 'trap "echo told" USR1; kill -USR1 $$; kill -USR2 1; echo alive')
  expect(stdout).toBe('told\nalive\n')
})

test('fill a disk', async () => {
  const { stdout } = await place.run(
    ['--tmpfs', '/tmp/small:size=1M,inodes=20'],
    'dd if=/dev/zero of=/tmp/small/file bs=1M count=4 2>&1; stat -c %s /tmp/small/file; for i in $(seq 30); do : > /tmp/small/$i; done 2>&1 | head -1',
  )
  expect(stdout).toMatch(/No space left on device[\s\S]*\n1048576\n[\s\S]*No space left on device/)
})

test('write a large file', async () => {
  const { stdout } = await place.run(
    ['--rlimit', 'fsize=1M'],
    'dd if=/dev/zero of=large bs=1M count=4 2>/dev/null; echo $?; stat -c %s large',
  )
  expect(stdout).toMatch(/^[1-9]\d*\n1048576\n$/)
})

test('fork without end', async () => {
  const { exitCode, stderr } = await place.run(['--rlimit', 'nproc=8'], 'for i in $(seq 50); do sleep 100 & done')
  // The kernel holds root to no such limit, and that is said.
  expect([exitCode, stderr]).toEqual(
    isRoot ? [125, expect.stringContaining('the kernel sets root no limit')] : [2, expect.stringMatching(/[Cc]annot fork/)],
  )
})

test.each(['private', 'host'])('outlive the time limit, with pids %s', async (pid) => {
  const script = 'trap "" TERM; for i in $(seq 30); do (trap "" TERM; setsid sleep 100 & sleep 100) & done; wait'
  const { exitCode } = await place.run(['--pid', pid, '--timeout', '300ms', '--kill-after', '200ms'], script)
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
  const { exitCode } = await place.run(['--pid', pid], 'setsid sleep 100 & sleep 100', { killAfter: 1500 })
  expect(exitCode).toBe(null)
  await until(() => processesWith(place.token).length === 0)
})

test('raise a limit above the hard one', async () => {
  const { stdout } = await place.run(
    ['--rlimit', 'nofile=64'],
    'ulimit -n 65 2>/dev/null && echo raised; prlimit --nofile=65:65 --pid $$ 2>/dev/null && echo raised; ulimit -n; ulimit -Hn',
  )
  expect(stdout).toBe('64\n64\n')
})

test('be nicer to itself again', async () => {
  const { stdout } = await place.run(['--nice', '10'], 'renice -n 0 -p $$ >/dev/null 2>&1 && echo raised; nice')
  expect(stdout).toBe('10\n')
})

test('look into a process of the host that it sees', async () => {
  const own = process.pid
  const script = `for file in environ mem maps auxv; do cat /proc/${own}/$file >/dev/null 2>&1 && echo $file; done; ls /proc/${own}/cwd/ /proc/${own}/root/ /proc/${own}/fd/0 2>/dev/null; ls -d /proc/${own}`
  const { stdout } = await place.run(['--pid', 'host'], script)
  expect(stdout).toBe(`/proc/${own}\n`)
})

test("change the host through the host's /proc", async () => {
  const script =
    'for file in sys/kernel/core_pattern sys/kernel/hostname sys/vm/drop_caches sysrq-trigger self/oom_score_adj; do (echo 1 > /proc/$file) 2>/dev/null && echo $file; done; echo done'
  const { stdout } = await place.run(['--pid', 'host'], script)
  expect(stdout).toBe('done\n')
})

test('set a clock of its time namespace, or the time of day', async () => {
  const script =
    '(echo monotonic 1 0 > /proc/self/timens_offsets) 2>/dev/null && echo moved; date -s 2000-01-01 >/dev/null 2>&1 && echo set; echo done'
  const { stdout } = await place.run(['--monotonic-offset', '1h', '--boottime-offset', '1h'], script)
  expect(stdout).toBe('done\n')
})

test('name the host', async () => {
  const { stdout } = await place.run(['--uts', 'host'], 'hostname escape 2>/dev/null && echo named; echo done')
  expect(stdout).toBe('done\n')
})

test.each(['../etc/passwd', 'shm/../../etc/passwd', 'fd/0', 'pts', 'log', '/etc/passwd'])('let %s in as a device', async (name) => {
  const { exitCode, stderr } = await place.run(['--dev', name], 'true')
  expect([exitCode, stderr]).toEqual([125, expect.stringMatching(/device|exist|EINVAL/)])
})

test('find other devices', async () => {
  const { stdout } = await place.run([], 'cd /dev; for file in * */*; do [ -b "$file" ] || [ -c "$file" ] && echo "$file"; done')
  expect(stdout.split('\n').filter(Boolean)).toEqual([
    'full',
    'null',
    'ptmx',
    'random',
    'stdin',
    'tty',
    'urandom',
    'zero',
    'fd/0',
    'pts/ptmx',
  ])
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

test("type into the caller's terminal", () => {
  const perl = 'for my $request (0x5412, 0x541c) { ioctl(STDIN, $request, my $c = "x") and print "typed\n"; print $!+0, "\n" }'
  expect(onTerminal(`nsbox perl -e '${perl}'`)).toBe('1\n1\n')
})

test("keep the caller's terminal", () => {
  const take =
    '$SIG{TTOU} = "IGNORE"; open(my $tty, "+<", "/dev/tty"); print POSIX::tcsetpgrp(fileno($tty), getpgrp()) ? "taken\n" : "$!\n"'
  const whose = 'open(my $tty, "<", "/dev/tty"); print POSIX::tcgetpgrp(fileno($tty)) == getpgrp() ? "mine\n" : "lost\n"'
  expect(onTerminal(`nsbox perl -MPOSIX -e '${take}'\nperl -MPOSIX -e '${whose}'`)).toBe('taken\nmine\n')
})

test('the host is as it was', () => {
  expect(describeTree(place.outside).filter((line) => !line.startsWith('input')).length).toBe(2)
})
