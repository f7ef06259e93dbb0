// Promise: run() tells all that came of a program, and rejects only for options that are wrong.

import { once } from 'node:events'
import { createReadStream, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/index.ts'
import { createSandbox, NsboxError, run } from '../support/built-library.ts'
import { holdPort } from '../support/ports.ts'
import { isAlive, mounts, until } from '../support/processes.ts'
import { fixture } from '../support/vitest-project.ts'

const before = process.cwd()
let project: string

beforeAll(() => {
  project = realpathSync(mkdtempSync(join(realpathSync(tmpdir()), 'nsbox-test-library-')))
  writeFileSync(join(project, 'file'), 'project')
  process.chdir(project)
})
afterAll(() => {
  process.chdir(before)
  rmSync(project, { recursive: true })
})

const sh = (script: string, options: Omit<Parameters<typeof run>[0], 'command'> = {}) =>
  run({ command: ['/bin/sh', '-c', script], ...options })

let whole: Report
/** However a run ends, its report has the fields of one that ended well. */
const expectShape = (report: Report) => expect(Object.keys(report).sort()).toEqual(Object.keys(whole).sort())

beforeAll(async () => {
  whole = await sh('echo out; echo err >&2; exit 3')
})

/** Runs a script that says "ready" first. The time limit is doubled until it comes after that, however busy the machine is. */
async function timedOutReady(script: string, options: { killAfter?: number } = {}): Promise<Report> {
  for (let timeout = 200; ; timeout *= 2) {
    const report = await sh(script, { ...options, timeout })
    if (report.stdout === 'ready\n') return report
  }
}

describe('the report', () => {
  test('has what the program did', () => {
    expect(whole).toMatchObject({
      exitCode: 3,
      signal: null,
      cause: 'exit',
      error: null,
      stdout: 'out\n',
      stderr: 'err\n',
      truncated: false,
    })
    expect(whole.usage?.maxRssBytes).toBeGreaterThan(0)
    expect(whole.enforced).toContain('net namespace')
    expect(whole.notEnforced).toEqual([])
    expect(whole.changes).toBeNull()
  })

  test.each<[name: string, cause: Report['cause'], () => PromiseLike<Report>]>([
    ['a program that is not there', 'not-started', () => run({ command: ['no-such-program'] })],
    ['an abort', 'abort', () => sh('sleep 100', { signal: AbortSignal.timeout(100) })],
    ['an abort before the start', 'abort', () => sh('sleep 100', { signal: AbortSignal.abort() })],
    ['a seal that fails', 'failure', () => sh('true', { tmpfs: [{ target: '/no/such/place' }] })],
    ['a limit that cannot be set', 'failure', () => sh('true', { rlimits: { nofile: { soft: 10, hard: 2 ** 40 } } })],
  ])('has the same shape after %s', async (_, cause, start) => {
    const failed = await start()
    expect(failed.cause).toBe(cause)
    expectShape(failed)
    expect(failed.error === null).toBe(cause !== 'failure' && cause !== 'not-started')
  })

  test('a program that ignores SIGTERM is killed with all that it started', async () => {
    const report = await timedOutReady('trap "" TERM; sleep 1000 & echo ready; while :; do sleep 1; done', { killAfter: 200 })
    expect(report).toMatchObject({ cause: 'timeout', signal: 'SIGKILL', exitCode: null, error: null })
    expectShape(report)
  })

  test('a program that ends well at SIGTERM has ended in time', async () => {
    const report = await timedOutReady('trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done')
    expect(report).toMatchObject({ cause: 'timeout', exitCode: 0, signal: null })
  })

  test('lists changes where it is asked to', async () => {
    const report = await sh('echo new > made; rm file', { changes: true })
    expect(report.changes).toMatchObject([
      { path: join(project, 'file'), kind: 'deleted' },
      { path: join(project, 'made'), kind: 'added', size: 4 },
    ])
    expect(readdirSync(project)).toEqual(['file'])
  })

  test('keeps changes for the next run', async () => {
    const lost = await sh('echo lost; echo one > made', { keep: `${project}-kept`, stdout: 'ignore', stderr: 'ignore' })
    expect(lost, 'what is not read by nsbox is null').toMatchObject({ stdout: null, stderr: null })
    expect((await sh('cat made', { layers: [`${project}-kept`] })).stdout).toBe('one\n')
    expect(existsSync('made')).toBe(false)
    rmSync(`${project}-kept`, { recursive: true })
  })

  test('a directory for changes that is in use: they are told, and so is the failure', async () => {
    const report = await sh('echo one > made', { keep: '/usr' })
    expect(report).toMatchObject({ cause: 'failure', exitCode: 0, error: { code: 'ERR_NSBOX_KEEP' } })
    expect(report.changes).toHaveLength(1)
  })
})

describe('streams', () => {
  test('stdin as a text, and as bytes', async () => {
    expect((await run({ command: ['cat'], stdin: { text: 'text' } })).stdout).toBe('text')
    expect((await run({ command: ['cat'], stdin: Buffer.from('bytes') })).stdout).toBe('bytes')
  })

  test('stdin is empty unless it is given, and /dev/stdout can be opened, in another working directory', async () => {
    expect((await sh('pwd; cat; echo opened > /dev/stdout', { cwd: '/usr' })).stdout).toBe('/usr\nopened\n')
  })

  test('output as it comes, and stdin as a stream', async () => {
    const running = sh('echo first; read word; echo $word', { stdin: 'pipe' })
    const chunks: string[] = []
    for await (const chunk of running.stdout ?? []) {
      chunks.push(String(chunk))
      if (chunks.length === 1) running.stdin?.end('second\n')
    }
    expect(chunks.join('')).toBe('first\nsecond\n')
    expect((await running).stdout).toBe('first\nsecond\n')
  })

  test('the report keeps so much of the output, and the program is not held up', async () => {
    const report = await sh('head -c 3000000 /dev/zero', { maxOutput: '64K' })
    expect([report.exitCode, report.stdout?.length, report.truncated]).toEqual([0, 65536, true])
  })
})

describe('streams that are destroyed close their pipe, as those of child_process do', () => {
  test.each([
    ['at once', (output: Readable) => output.destroy()],
    ['after data', (output: Readable) => output.once('data', () => output.destroy())],
    [
      'by leaving a loop',
      async (output: Readable) => {
        for await (const _ of output) break
      },
    ],
  ])('output, %s: a program that writes on is ended by SIGPIPE', async (_, leave) => {
    const running = run({ command: ['yes'] })
    leave(running.stdout as Readable)
    expect(await running).toMatchObject({ cause: 'signal', signal: 'SIGPIPE' })
  })

  test('errors: the rest goes on', async () => {
    const running = sh('trap "" PIPE; cat /dev/zero >&2; echo rest')
    running.stderr?.destroy()
    expect(await running).toMatchObject({ exitCode: 0, stdout: 'rest\n', stderr: '' })
  })

  test('stdin: the program reads its end', async () => {
    const atOnce = run({ command: ['cat'], stdin: 'pipe' })
    atOnce.stdin?.destroy()
    expect(await atOnce).toMatchObject({ exitCode: 0, stdout: '' })
    const later = run({ command: ['cat'], stdin: 'pipe' })
    later.stdout?.once('data', () => later.stdin?.destroy())
    later.stdin?.write('written\n')
    expect(await later).toMatchObject({ exitCode: 0, stdout: 'written\n' })
  })

  test('stdin of a program that has ended: what still writes to it fails', async () => {
    const running = run({ command: ['true'], stdin: 'pipe' })
    const writing = pipeline(createReadStream('/dev/zero'), running.stdin as Writable)
    await expect(writing).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
    expect(await running).toMatchObject({ exitCode: 0 })
  })
})

describe('options', () => {
  test.each([
    [{ command: [] }, 'command is []; it must be a list of words'],
    [{ command: 'ls' }, 'command is "ls"; it must be a list of words'],
    [{ command: ['ls'], hostnam: 'x' }, 'unknown option "hostnam" (did you mean "hostname"?)'],
    [{ command: ['ls'], timeout: '30' }, 'timeout is "30": it must be a duration with its unit'],
    [{ command: ['ls'], timeout: 0 }, 'timeout is 0: it must be from 1ms to 24d'],
    [{ command: ['ls'], timeout: '25d' }, 'timeout is "25d": it must be from 1ms to 24d'],
    [{ command: ['ls'], killAfter: 2 ** 31 }, 'killAfter is 2147483648: it must be from 1ms to 24d'],
    [{ command: ['ls'], rlimits: { files: 3 } }, 'unknown limit "files"; known are cpu, fsize'],
    [{ command: ['ls'], rlimits: { nofile: { soft: 3, hard: 2 } } }, 'the soft limit must not be above the hard one'],
    [{ command: ['ls'], layers: ['.'] }, 'a layer has to lie elsewhere'],
    [{ command: ['ls'], keep: 'kept' }, 'keep is "'],
    [{ command: ['ls'], keep: 'kept' }, 'the directory whose changes it is for; choose one beside it'],
    [{ command: ['ls'], overlays: ['nowhere'] }, 'overlays is "nowhere": it does not exist'],
    [{ command: ['ls'], binds: [{ source: 'file', target: 'relative' }] }, 'binds.0.target is "relative": it must be an absolute path'],
    [{ command: ['ls'], cpus: '5000' }, 'cpus is "5000": this process may run on'],
    [{ command: ['ls'], devices: ['nvme9'] }, 'devices is "/dev/nvme9": it does not exist'],
  ])('%j is refused before anything runs', async (options, message) => {
    const error = await run(options as Parameters<typeof run>[0]).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(NsboxError.is(error) && error.code).toBe('ERR_NSBOX_CONFIG')
    expect((error as Error).message).toContain(message)
  })

  test.each<[unknown, string]>([
    [{ command: ['ls'], timeout: 5n }, 'run(): timeout is 5n: it must be a duration'],
    [{ command: ['ls'], net: 1n }, 'run(): net is 1n; it must be one of "none", "localhost", "host"'],
    [{ command: ['ls'], net: { toString: null } }, 'run(): net is {"toString":null}; it must be one of'],
    [{ command: ['ls'], net: () => 1 }, 'run(): net is [Function: net]; it must be one of'],
    [{ command: ['ls'], rlimits: [1n] }, 'run(): rlimits is [ 1n ]; it must be an object'],
    [{ command: ['ls'], cpus: 1n }, 'run(): cpus is 1n: it must be a list of processors'],
    [{ command: ['ls'], stdin: 5n }, 'run(): stdin is 5n: it must be "ignore", "inherit" or "pipe"'],
    [{ command: ['ls'], env: { A: 1n } }, 'run(): env.A is 1n: it must be a text'],
    [{ command: ['echo', 'a\0b'] }, 'run(): command.1 is "a\\u{0}b": it has a NUL, and a program would get what stands before it'],
    [{ command: ['echo', 'a\ud800'] }, 'run(): command.1 is "a\\u{d800}": it has a lone surrogate, which cannot be written in UTF-8'],
    [{ command: ['env'], env: { A: 'a\0b' } }, 'run(): env.A is "a\\u{0}b": it has a NUL'],
    [{ command: ['env'], env: { 'A\0B': 'a' } }, 'run(): env.A\\u{0}B: it has a NUL'],
    [{ command: [1n] }, 'run(): command is [ 1n ]; it must be a list of words'],
    [null, 'run(): options are null; they must be an object'],
    [5n, 'run(): options are 5n; they must be an object'],
  ])('%o has a type that no option has, and is named', async (options, message) => {
    await expect(run(options as never)).rejects.toMatchObject({ code: 'ERR_NSBOX_CONFIG', message: expect.stringContaining(message) })
  })

  test('the environment is all that is given', async () => {
    expect((await run({ command: ['/usr/bin/env'], env: { ONE: '1', LEFT: undefined } })).stdout).toBe('ONE=1\n')
  })
})

test('kill, and the pid of the program', async () => {
  const running = sh('echo up; exec sleep 1000')
  await new Promise((resolve) => running.stdout?.once('data', resolve))
  const pid = running.pid as number
  expect(isAlive(pid)).toBe(true)
  expect(running.kill('SIGINT')).toBe(true)
  const report = await running
  expect(report).toMatchObject({ cause: 'signal', signal: 'SIGINT', error: null })
  expectShape(report)
  expect([running.pid, running.kill(), isAlive(pid)]).toEqual([undefined, false, false])
})

test('a run that is killed at once', async () => {
  const running = sh('sleep 1000')
  running.kill()
  expect(['abort', 'signal']).toContain((await running).cause)
})

test('nothing is left behind', async () => {
  const own = `nsbox-left-${process.pid}`
  const children = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(own))
  const mountsBefore = mounts()
  await Promise.all([1, 2].map(() => sh(`(setsid sh -c ': ${own}; sleep 1000' &); exit 0`)))
  await until(() => children().length === 0)
  expect(mounts()).toEqual(mountsBefore)
})

function commandOf(pid: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

describe('ports', () => {
  const ask = (port: number) =>
    `require('node:net').connect(${port}, '127.0.0.1').on('error', ({ code }) => console.log(code)).pipe(process.stdout)`

  async function service(answer: string): Promise<{ port: number; stop(): Promise<unknown> }> {
    const port = await holdPort()
    const server = createServer((socket) => socket.end(answer)).listen(port, '127.0.0.1')
    await once(server, 'listening')
    return { port, stop: () => once(server.close(), 'close') }
  }

  test('forward: a program, and a call, reach a service; where there is none, the report says so', async () => {
    const { port, stop } = await service('outside')
    expect(await run({ command: ['node', '-e', ask(port)], forward: [port] })).toMatchObject({ stdout: 'outside', refused: [] })
    writeFileSync(join(project, 'ask.mjs'), fixture('library')['ask.mjs'] as string)
    const sandbox = await createSandbox({ forward: [`5432:${port}`] })
    expect(await sandbox.call('./ask.mjs', 'ask', [5432])).toBe('outside')
    await stop()
    expect(await sandbox.exec(['node', '-e', ask(5432)])).toMatchObject({ stdout: 'ECONNRESET\n', refused: [port] })
    await sandbox.close()
  })

  test('expose: the chosen port is told while it runs, and in the report', async () => {
    const server = `require('node:net').createServer((socket) => socket.end('inside', () => process.exit())).listen(3000, () => console.log('listens'))`
    const running = run({ command: ['node', '-e', server], expose: ['0:3000'] })
    await once(running.stdout as NodeJS.ReadableStream, 'data')
    const [exposed] = running.exposed
    expect(exposed).toMatchObject({ to: 3000 })
    expect(await text(connect(exposed?.listen as number, '127.0.0.1'))).toBe('inside')
    expect((await running).exposed).toEqual([exposed])
  })

  test('expose: a port that is taken', async () => {
    const { port, stop } = await service('')
    expect((await run({ command: ['true'], expose: [port] })).error).toMatchObject({
      code: 'ERR_NSBOX_PORT',
      message: `expose is ${port}: port ${port} of the host's localhost is taken`,
    })
    await stop()
  })

  test.each([
    [{ net: 'host', forward: [5432] }, `forward is "5432": with net: 'host' there is but one localhost: leave out one of the two`],
    [{ expose: ['x'] }, 'run(): expose.0 is "x": it must be a port such as 5432'],
  ] as const)('mistakes: %j', async (options, message) => {
    await expect(run({ command: ['true'], ...(options as object) })).rejects.toThrow(message)
  })
})
