// What holds for every launcher, warm or cold.

import { chmodSync, closeSync, openSync, writeFileSync } from 'node:fs'
import koffi from 'koffi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isAlive, mounts, processesWith, until } from '../support/processes.ts'
import { Bench, collect, firstOutput, modes, programPath } from '../support/sandbox.ts'

const dup = koffi.load(null).func('int dup(int)') as (fd: number) => number

/** A program of one segment, which names its loader (elf(5)). */
function binary(loader: string): Buffer {
  const [header, segment, name] = [Buffer.alloc(64), Buffer.alloc(56), Buffer.from(`${loader}\0`)]
  header.write('\x7fELF\x02\x01\x01', 'latin1')
  header.writeUInt16LE(2, 16) // ET_EXEC
  header.writeUInt16LE(process.arch === 'arm64' ? 183 : 62, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(64n, 32) // where the segments are told of
  for (const [at, value] of [64, 56, 1].entries()) header.writeUInt16LE(value, 52 + 2 * at)
  segment.writeUInt32LE(3, 0) // PT_INTERP
  segment.writeBigUInt64LE(120n, 8)
  segment.writeBigUInt64LE(BigInt(name.length), 32)
  return Buffer.concat([header, segment, name])
}

describe.each(modes)('%s', (mode) => {
  let bench: Bench
  beforeAll(() => {
    const files = {
      'not-executable': '#!/bin/sh\n',
      script: '#!/no/such/interpreter\n',
      windows: '#!/bin/sh\r\n',
      foreign: '#!/etc/passwd\n',
      'bin/hello': '#!/bin/sh\necho hello\n',
    }
    bench = new Bench({ mode, files })
    for (const file of [`${bench.root}/beside`, `${bench.project}/script`]) writeFileSync(file, files.script, { mode: 0o755 })
    for (const file of ['script', 'windows', 'foreign']) chmodSync(`${bench.project}/${file}`, 0o755)
    writeFileSync(`${bench.project}/binary`, binary('/lib/ld-no-such-library.so.1'), { mode: 0o755 })
    return bench.zygote.prepared
  })
  afterAll(() => bench.close())

  test('each of many at once ends in its own way', async () => {
    const ways = [
      ...[0, 1, 7, 255, 8, 9, 10, 11, 12, 13, 14].map((code) => ({ script: `exit ${code}`, exitCode: code, signal: null })),
      ...['SEGV', 'ABRT', 'KILL', 'TERM', 'PIPE'].map((name) => ({ script: `kill -${name} $$`, exitCode: null, signal: `SIG${name}` })),
    ]
    const ends = await Promise.all(ways.map(({ script }, index) => bench.sh(`echo ${index}; ${script}`)))
    expect(ends).toMatchObject(ways.map(({ exitCode, signal }, index) => ({ exitCode, signal, stdout: `${index}\n`, notEnforced: [] })))
    expect(ends.filter(({ error }) => error !== undefined)).toEqual([])
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

  test('a program is found along the given PATH, begins in the project, and its stdin is empty', async () => {
    const { stdout } = await bench.exec(['sh', '-c', 'pwd -P; cat | wc -c; chmod +x bin/hello; PATH=$PWD/bin; hello'])
    expect(stdout).toBe(`${bench.project}\n0\nhello\n`)
  })

  test('another working directory', async () => {
    expect((await bench.sh('pwd -P', { change: { cwd: bench.home } })).stdout).toBe(`${bench.home}\n`)
  })

  test.each([
    ['a name that is on no PATH', 'no-such-program', 127, 'it is not found along PATH'],
    ['no name', '', 127, 'it is not found along PATH'],
    ['a path that leads nowhere', './no-such-program', 127, 'it does not exist'],
    ['what lies in a place that is private inside', '../beside', 127, 'it does not exist'],
    ['a script without its interpreter', './script', 127, 'the interpreter in its first line, "/no/such/interpreter", does not exist'],
    ['a script with line ends of Windows', './windows', 127, 'the interpreter in its first line, "/bin/sh\\r", does not exist'],
    ['a script whose interpreter is no program', './foreign', 126, '"/etc/passwd", which runs it, is not executable'],
    ['a binary of another C library', './binary', 127, 'its loader, "/lib/ld-no-such-library.so.1", does not exist'],
    ['a file without the permission', './not-executable', 126, 'it is not executable: chmod +x ./not-executable'],
    ['a directory', '/usr', 126, 'it is a directory'],
  ])('not started: %s', async (_, file, exitCode, why) => {
    const end = await bench.exec([file])
    expect(end).toMatchObject({ exitCode, signal: null })
    expect(end.error).toMatchObject({ code: 'ERR_NSBOX_EXEC', message: `Cannot run "${file}": ${why}` })
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

  test('one that goes on holds back no other, even when their launch messages are large', async () => {
    const env = { LARGE: 'x'.repeat(100_000) }
    const long = bench.start(['sleep', '1000'], { env })
    const short = await bench.sh('echo short', { env })
    expect(short).toMatchObject({ exitCode: 0, stdout: 'short\n' })
    long.kill()
    await long.ended
  })

  test('nothing is left behind', async () => {
    const before = { processes: processesWith(bench.token), mounts: mounts() }
    await Promise.all([1, 2].map(() => bench.sh('sleep 1000 & setsid sleep 1000 & exit 0')))
    expect({ processes: processesWith(bench.token), mounts: mounts() }).toEqual(before)
  })

  test('descriptors of the host stay with the host, and closing the zygote ends its sandboxes', async () => {
    const source = openSync('/etc/passwd', 'r')
    const inheritable = dup(source) // dup(2): the copy is without FD_CLOEXEC
    const own = new Bench({ mode })
    // 3 is the channel, and 4 what readdir(3) has open while it lists.
    expect((await own.sh('ls /proc/self/fd')).stdout.split('\n').join(' ')).toBe('0 1 2 3 4 ')
    for (const fd of [source, inheritable]) closeSync(fd)
    const sandboxes = [1, 2].map(() => own.start(['/bin/sh', '-c', 'echo up; exec sleep 1000']))
    await Promise.all(sandboxes.map(firstOutput))
    await own.close()
    for (const { ended } of sandboxes) expect(await ended).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    await until(() => processesWith(own.token).length === 0)
    expect(own.zygote.alive).toBe(false)
  })

  test('killing the zygote ends its sandboxes and says so', async () => {
    const own = new Bench({ mode })
    const sandboxes = [1, 2].map(() => own.start(['/bin/sh', '-c', 'echo up; (setsid sleep 1000 &) ; exec sleep 1000']))
    await Promise.all(sandboxes.map(firstOutput))
    process.kill(own.zygote.pid as number, 'SIGKILL')
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
