// An attempt: a function that runs in a sandbox and must not get what it wants.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ZygoteMode } from '../../src/zygote/v8-flags.ts'
import { type Inside, resultOf } from '../support/evaluate.ts'
import { mounts } from '../support/processes.ts'
import { Bench, payloadFixture, repository } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

/** What an attempt is given inside. */
export interface Tools extends Inside {
  fs: typeof import('node:fs')
  os: typeof import('node:os')
  /** Output and exit code of a shell script. */
  sh(script: string): string
  /** `ok`, or the name of the error that the raw system call answers. Buffers and strings go by address. */
  call(number: number, ...args: (number | bigint | string | Buffer | null)[]): string
  /** The bare result of a raw system call. */
  raw(number: number, ...args: (number | bigint | string | Buffer | null)[]): number
  /** `connected`, or the error's name. */
  connect(to: { path: string } | { host: string; port: number }): Promise<string>
}

/** What the host has that an attempt goes for. */
export interface Target {
  /** A directory outside of every overlay, with a file `kept`. */
  outside: string
  project: string
  home: string
  root: string
  /** A process of the host. */
  pid: number
  /** What a test's own preparation found. */
  found: unknown
}

export type Attempt = (tools: Tools, target: Target) => unknown

export const modes: ZygoteMode[] = ['threads', 'cold']

/** Runs each attempt in both modes. `expected` is its result: an error's name, or what it saw. */
export function attempts(
  table: Record<string, [expected: unknown, attempt: Attempt]>,
  prepare?: (target: Target) => Promise<() => void>,
): void {
  describe.each(modes)('%s', (mode) => {
    const host = hostWithTarget(mode)
    let undo: (() => void) | undefined
    beforeAll(async () => {
      undo = await prepare?.(host.target)
    })
    afterAll(() => undo?.())
    for (const [name, [expected, attempt]] of Object.entries(table)) {
      test(name, async () => {
        const before = host.state()
        expect(await host.run(attempt)).toEqual(typeof expected === 'function' ? expected(host.target) : expected)
        expect(host.state()).toEqual(before)
      })
    }
  })
}

function hostWithTarget(mode: ZygoteMode) {
  const target = {} as Target
  let bench: Bench
  beforeAll(async () => {
    const common = { mode, files: { file: 'project' }, request: { visible: [repository] } }
    bench = new Bench(mode === 'cold' ? common : { ...common, preload: payloadFixture('evaluate') })
    const outside = mkdtempSync(join(userInfo().homedir, '.nsbox-outside-'))
    writeFileSync(join(outside, 'kept'), 'kept')
    Object.assign(target, { outside, project: bench.project, home: bench.home, root: bench.root, pid: process.pid })
    await bench.zygote.prepared
  })
  afterAll(async () => {
    await bench.close()
    rmSync(target.outside, { recursive: true })
  })
  return {
    target,
    run: (attempt: Attempt) => resultOf(bench, withTools, attempt.toString(), target, repository),
    state: () => ({
      hostname: hostname(),
      mounts: mounts(),
      trees: [target.outside, bench.project, bench.home].map(describeTree),
      zygote: bench.zygote.alive,
    }),
  }
}

/** Runs inside: makes the tools, then the attempt. */
async function withTools(inside: Inside, source: string, target: Target, repository: string): Promise<unknown> {
  const fs = process.getBuiltinModule('node:fs')
  const os = process.getBuiltinModule('node:os')
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const require = process.getBuiltinModule('node:module').createRequire(`${repository}/package.json`)
  const koffi = require('koffi') as typeof import('koffi').default
  const errno = Object.entries(os.constants.errno)
  const word = (arg: number | bigint | string | Buffer | null) =>
    arg === null ? 0 : typeof arg === 'string' ? koffi.address(Buffer.from(`${arg}\0`)) : Buffer.isBuffer(arg) ? koffi.address(arg) : arg
  const syscall = koffi.load(null).func('long syscall(long, uint64, uint64, uint64, uint64, uint64, uint64)')
  const raw: Tools['raw'] = (number, ...args) =>
    Number(syscall(number, ...[...args, 0, 0, 0, 0, 0, 0].slice(0, 6).map((arg) => BigInt.asUintN(64, BigInt(word(arg))))))
  const tools: Tools = {
    ...inside,
    fs,
    os,
    raw,
    call: (number, ...args) =>
      raw(number, ...args) === -1 ? (errno.find(([, value]) => value === koffi.errno())?.[0] ?? 'unknown') : 'ok',
    sh: (script) => {
      const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } })
      return `${stdout}${stderr}exit ${status}`
    },
    connect: (to) =>
      new Promise((resolve) => {
        const socket = process.getBuiltinModule('node:net').connect(to as { path: string })
        socket
          .once('connect', () => resolve('connected'))
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
        socket.once('close', () => undefined)
      }),
  }
  const attempt = process.getBuiltinModule('node:vm').runInThisContext(`(${source})`) as Attempt
  try {
    const result = await attempt(tools, target)
    return result === undefined ? 'ok' : result
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
