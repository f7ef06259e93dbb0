// An attempt: a function that runs in a sandbox and must not get what it wants.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ZygoteMode } from '../../src/zygote/v8-flags.ts'
import { nsbox } from '../support/command.ts'
import { type Inside, resultOf } from '../support/evaluate.ts'
import { mounts } from '../support/processes.ts'
import { Bench, payloadFixture, repository, seesRepository } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

/** What an attempt is given inside. */
export interface Tools extends Inside {
  fs: typeof import('node:fs')
  os: typeof import('node:os')
  /** Output and exit code of a shell script. */
  sh(script: string): string
  /** Where hierarchies of cgroups are mounted. */
  cgroupMounts(): string[]
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

/** A warm and a cold worker, as vitest's pool starts them, and a program that `nsbox run` starts. */
type Launch = ZygoteMode | 'nsbox run'
const launches: Launch[] = ['threads', 'cold', 'nsbox run']

/** `expected` is the result: an error's name, or what it saw. */
export type Table = Record<string, [expected: unknown, attempt: Attempt]>

/** Runs the attempts launched in each way: all in one sandbox, because a start of node takes as long as all of them. */
export function attempts(tables: Record<string, Table>, prepare: (target: Target) => Promise<() => void>): void {
  describe.each(launches)('%s', (launch) => {
    const outside = mkdtempSync(join(userInfo().homedir, '.nsbox-outside-'))
    writeFileSync(join(outside, 'kept'), 'kept')
    const bench = benchFor(launch)
    const { project, home, root } = bench
    const target: Target = { outside, project, home, root, pid: process.pid, found: undefined }
    const state = () => ({ hostname: hostname(), mounts: mounts(), trees: [outside, project, home].map(describeTree) })
    let results: Results
    let [before, after]: ReturnType<typeof state>[] = []
    let undo: (() => void) | undefined
    beforeAll(async () => {
      undo = await prepare(target)
      before = state()
      const args = [sourcesOf(tables), target, repository] as const
      results = launch === 'nsbox run' ? await byCommand(bench, args) : await resultOf(bench, withTools, ...args)
      after = state()
    })
    afterAll(async () => {
      undo?.()
      await bench.close()
      rmSync(outside, { recursive: true })
    })

    describe.each(Object.entries(tables))('%s', (kind, table) => {
      test.each(Object.entries(table))('%s', (name, [expected]) => expect(results[kind]?.[name]).toEqual(expected))
    })
    test('the host is as it was', () => expect(after).toEqual(before))
    test.skipIf(launch === 'nsbox run')('the zygote lives', () => expect(bench.zygote.alive).toBe(true))
  })
}

function benchFor(launch: Launch): Bench {
  const common = { files: { file: 'project' }, request: seesRepository }
  // The command makes a sandbox by itself, in the project and the home of this bench.
  const warm = launch !== 'cold' && launch !== 'nsbox run'
  return new Bench(warm ? { ...common, mode: launch, preload: payloadFixture('evaluate') } : common)
}

/** By table and name. */
type Sources = Record<string, Record<string, string>>
type Results = Record<string, Record<string, unknown>>

function sourcesOf(tables: Record<string, Table>): Sources {
  const sources = (table: Table) => Object.entries(table).map(([name, [, attempt]]) => [name, attempt.toString()])
  return Object.fromEntries(Object.entries(tables).map(([kind, table]) => [kind, Object.fromEntries(sources(table))]))
}

async function byCommand({ project, home, token }: Bench, args: readonly unknown[]): Promise<Results> {
  const data = { source: withTools.toString(), args }
  const program = [process.execPath, fileURLToPath(payloadFixture('evaluate').url), JSON.stringify(data)]
  const words = ['run', '--ro-bind', repository, '--', ...program]
  const { exitCode, stdout, stderr } = await nsbox(words, { cwd: project, home, env: { NSBOX_TEST: token } })
  if (exitCode !== 0) throw new Error(`The command ended with ${exitCode}: ${stderr}`)
  return JSON.parse(stdout) as Results
}

/** Runs inside: makes the tools, then the attempts. */
async function withTools(inside: Inside, sources: Sources, target: Target, repository: string): Promise<Results> {
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
    cgroupMounts: () => {
      const mounts = fs
        .readFileSync('/proc/mounts', 'utf8')
        .split('\n')
        .map((line) => line.split(' '))
      return mounts.flatMap(([, target = '', type = '']) => (type.startsWith('cgroup') ? [target] : []))
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
  const results: Results = {}
  for (const [kind, table] of Object.entries(sources)) {
    const found: Record<string, unknown> = {}
    results[kind] = found
    for (const [name, source] of Object.entries(table)) {
      try {
        const attempt = process.getBuiltinModule('node:vm').runInThisContext(`(${source})`) as Attempt
        found[name] = (await attempt(tools, target)) ?? 'ok'
      } catch (error) {
        found[name] = (error as NodeJS.ErrnoException).code ?? String(error)
      }
    }
  }
  return results
}
