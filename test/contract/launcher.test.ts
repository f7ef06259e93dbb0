// What holds for every launcher, warm or cold.

import { closeSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive, mounts, processesWith, until } from '../support/processes.ts'
import { Bench, collect, firstOutput, modes, programPath } from '../support/sandbox.ts'

const dup = koffi.load(null).func('int dup(int)') as (fd: number) => number

describe.each(modes)('%s', (mode) => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench({ mode, files: { 'not-executable': '#!/bin/sh\n', 'bin/hello': '#!/bin/sh\necho hello\n' } })
    return bench.zygote.prepared
  })
  afterAll(() => bench.close())

  test.each([0, 1, 7, 255])('exit code %i', async (code) => {
    expect(await bench.sh(`exit ${code}`)).toMatchObject({ exitCode: code, signal: null, notEnforced: [] })
  })

  test.each(['SIGSEGV', 'SIGABRT', 'SIGKILL', 'SIGTERM', 'SIGPIPE'])('%s', async (signal) => {
    const end = await bench.sh(`kill -${signal.slice(3)} $$`)
    expect(end).toMatchObject({ exitCode: null, signal })
    expect(end.error).toBeUndefined()
  })

  test('output is complete on both streams', async () => {
    const { stdout, stderr } = await bench.sh('head -c 1048576 /dev/zero | tr "\\0" o; head -c 1048576 /dev/zero | tr "\\0" e >&2')
    expect([stdout === 'o'.repeat(1 << 20), stderr === 'e'.repeat(1 << 20)]).toEqual([true, true])
  })

  test('output that nobody reads holds nothing back', async () => {
    const sandbox = bench.start(['/bin/sh', '-c', 'echo unread'])
    expect((await sandbox.ended).exitCode).toBe(0)
  })

  test('exactly the environment that was given', async () => {
    const { stdout } = await bench.exec(['env'], { env: { NSBOX_WORDS: 'two words\nand a line', HOME: '/nowhere' } })
    expect(stdout.split('\n').sort()).toEqual(
      ['', `HOME=/nowhere`, `NSBOX_TEST=${bench.token}`, 'NSBOX_WORDS=two words', `PATH=${programPath}`, 'and a line'].sort(),
    )
  })

  test('arguments word for word', async () => {
    const words = ['', ' ', '*', '$HOME', 'a\nb', "'", 'ä€😀', '--']
    expect((await bench.exec(['printf', '%s\\0', ...words])).stdout.split('\0').slice(0, -1)).toEqual(words)
  })

  test('working directory', async () => {
    expect((await bench.sh('pwd -P')).stdout).toBe(`${bench.project}\n`)
    expect((await bench.sh('pwd -P', { change: { cwd: bench.home } })).stdout).toBe(`${bench.home}\n`)
  })

  test('a program is found along the given PATH', async () => {
    expect((await bench.exec(['sh', '-c', 'chmod +x bin/hello; PATH=$PWD/bin; hello'])).stdout).toBe('hello\n')
  })

  test('stdin is empty', async () => {
    expect((await bench.sh('cat | wc -c')).stdout.trim()).toBe('0')
  })

  test.each([
    ['a name that is on no PATH', ['no-such-program'], 127],
    ['a path that leads nowhere', ['./no-such-program'], 127],
    ['a file without the permission', ['./not-executable'], 126],
    ['a directory', ['/usr'], 126],
  ])('not started: %s', async (_, argv, exitCode) => {
    const end = await bench.exec(argv)
    expect(end).toMatchObject({ exitCode, signal: null })
    expect(end.error).toMatchObject({ code: 'ERR_NSBOX_EXEC', message: expect.stringMatching(/^Cannot run "/) })
  })

  test('kill', async () => {
    const sandbox = bench.start(['/bin/sh', '-c', 'echo up; sleep 1000 & exec sleep 1000'])
    await firstOutput(sandbox)
    const pid = sandbox.pid as number
    expect(isAlive(pid)).toBe(true)
    sandbox.kill()
    expect(await sandbox.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    expect(isAlive(pid)).toBe(false)
  })

  test('a kill that comes at once', async () => {
    const sandbox = bench.start(['sleep', '1000'])
    sandbox.kill()
    expect(await sandbox.ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    sandbox.kill()
  })

  test('many at once', async () => {
    const ends = await Promise.all(Array.from({ length: 40 }, (_, index) => bench.sh(`echo ${index}; exit ${index}`)))
    expect(ends.map((end) => [end.exitCode, end.stdout])).toEqual(ends.map((_, index) => [index, `${index}\n`]))
  })

  test('one that goes on holds back no other, even when their launch messages are large', async () => {
    const env = { LARGE: 'x'.repeat(100_000) }
    const long = bench.start(['sleep', '1000'], { env })
    const short = await bench.sh('echo short', { env })
    expect(short).toMatchObject({ exitCode: 0, stdout: 'short\n' })
    long.kill()
    await long.ended
  })

  test('descriptors of the host stay with the host', async () => {
    const source = openSync('/etc/passwd', 'r')
    const inheritable = dup(source) // dup(2): the copy is without FD_CLOEXEC
    const own = new Bench({ mode })
    // 3 is the channel, and 4 what readdir(3) has open while it lists.
    expect((await own.sh('ls /proc/self/fd')).stdout.split('\n').join(' ')).toBe('0 1 2 3 4 ')
    await own.close()
    for (const fd of [source, inheritable]) closeSync(fd)
  })

  test('nothing is left behind', async () => {
    const before = { processes: processesWith(bench.token), mounts: mounts() }
    await Promise.all(Array.from({ length: 5 }, () => bench.sh('sleep 1000 & setsid sleep 1000 & exit 0')))
    expect({ processes: processesWith(bench.token), mounts: mounts() }).toEqual(before)
  })

  test('closing the zygote ends its sandboxes', async () => {
    const own = new Bench({ mode })
    const sandboxes = [1, 2, 3].map(() => own.start(['/bin/sh', '-c', 'echo up; exec sleep 1000']))
    await Promise.all(sandboxes.map(firstOutput))
    await own.close()
    for (const { ended } of sandboxes) expect(await ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    await until(() => processesWith(own.token).length === 0)
    expect(own.zygote.alive).toBe(false)
  })

  test('killing the zygote ends its sandboxes and says so', async () => {
    const own = new Bench({ mode })
    const sandboxes = [1, 2, 3].map(() => own.start(['/bin/sh', '-c', 'echo up; (setsid sleep 1000 &) ; exec sleep 1000']))
    await Promise.all(sandboxes.map(firstOutput))
    const zygote = processesWith(own.token).sort((a, b) => a - b)[0] as number
    process.kill(zygote, 'SIGKILL')
    for (const end of await Promise.all(sandboxes.map(collect))) {
      expect(end).toMatchObject({ exitCode: null, signal: 'SIGKILL', error: { code: 'ERR_NSBOX_ZYGOTE' } })
      expect(end.error?.message).toContain('The zygote ended: SIGKILL')
    }
    await until(() => processesWith(own.token).length === 0)
    const late = await own.sh('exit 0')
    expect(late.error?.code).toBe('ERR_NSBOX_ZYGOTE')
    await own.close()
  })
})
