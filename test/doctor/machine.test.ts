// The doctor on this machine as it is: what it says, and what it leaves.

import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, type TestContext, test } from 'vitest'
import { builtCommand } from '../support/built-command.ts'
import {
  asOrdinaryUser,
  type DiagnosisRun,
  diagnose,
  inForeignProc,
  isRoot,
  needsOrdinaryUser,
  runDoctor,
  withVitest,
} from '../support/doctor.ts'
import { mounts, processesWith, until } from '../support/processes.ts'

const directory = withVitest('4.1.0')
const exitCodes = { ok: 0, degraded: 1, 'cannot-seal': 2 }

/** Root is looked at as both. */
const callers: [name: string, wrapper: string[]][] = isRoot
  ? [
      ['root', []],
      ['an ordinary user', asOrdinaryUser],
    ]
  : [['an ordinary user', []]]

describe.each(callers)('as %s', { tags: ['root'] }, (_, wrapper) => {
  const token = `nsbox-doctor-test-${process.pid}-${Math.random()}`
  const before = mounts()
  let run: Promise<DiagnosisRun> | undefined
  /** With a copy of node at another place, as the AppArmor profile names it. */
  const diagnosis = (context: TestContext) => {
    if (wrapper.length > 0) needsOrdinaryUser(context)
    const node = join(directory, 'node')
    if (!existsSync(node)) copyFileSync(process.execPath, node)
    run ??= diagnose({ wrapper, cwd: directory, node, env: { NSBOX_TEST: token } })
    return run
  }

  test('every fact is tried, and a machine that runs these tests can seal', async (context) => {
    const { checks, failed, verdict, exitCode } = await diagnosis(context)
    expect(failed).toEqual([])
    expect(exitCode).toBe(exitCodes[verdict])
    expect(checks.map(({ name }) => name).filter((name) => name !== 'cgroup delegation')).toEqual([
      'platform',
      '/proc',
      'koffi',
      'node',
      'vitest',
      'user namespace',
      'namespaces',
      'time namespace',
      'mounts',
      'loopback',
      'read-only tree',
      'own /dev',
      'own /proc',
      'overlay on tmpfs',
      'overlay on disk',
      'AppArmor',
      'limits',
      'seccomp',
      'cgroup version',
      'uid ranges',
      'self-check',
    ])
  })

  test('vitest 4.1.0 is found; each warning says what does not work because of it', async (context) => {
    const { checks, check } = await diagnosis(context)
    expect(check('vitest')).toMatchObject({ status: 'pass', detail: expect.stringContaining('4.1.0') })
    for (const { effect } of checks.filter(({ status }) => status === 'warn')) expect(effect).toMatch(/\w{3}/)
  })

  test('nothing is left behind', async (context) => {
    const { pid } = await diagnosis(context)
    const left = () =>
      ['/tmp', '/var/tmp', tmpdir()].flatMap((directory) => readdirSync(directory)).filter((name) => name.startsWith(`nsbox-${pid}-`))
    await until(() => processesWith(token).length === 0 && left().length === 0)
    expect(mounts()).toBe(before)
  })
})

test('lines for people: one for each check, aligned, with the verdict last and no colour in a pipe', async () => {
  const { stdout, stderr, exitCode } = await runDoctor([], { env: { PATH: '/nowhere' } })
  const lines = stdout.trimEnd().split('\n')
  expect(stderr).toBe('')
  expect(lines[0]).toMatch(/^PASS {2}platform +Linux /)
  expect(
    new Set(lines.filter((line) => /^(PASS|WARN|FAIL) /.test(line)).map((line) => /^\w+ {2}.+? {2,}/.exec(line)?.[0].length)).size,
  ).toBe(1)
  expect(lines.at(-1)).toMatch(/^nsbox works here.* \(.+\): PASS \d+, WARN \d+, FAIL 0\.$/)
  expect(stdout).not.toContain('\u001b')
  expect([0, 1]).toContain(exitCode)
  // Root needs no newuidmap.
  if (isRoot) return
  expect(stdout).toMatch(/^WARN {2}uid ranges +newuidmap or newgidmap is not in PATH$/m)
  expect(stdout).toMatch(/^ +.*apt-get install -y uidmap/m)
})

test.each([
  ['a terminal sees colours', {}, true],
  ['NO_COLOR turns them off', { NO_COLOR: '1' }, false],
])('%s', async (_name, env, coloured) => {
  const wrapper = ['script', '--quiet', '--return', '--command']
  const words = [...inForeignProc.map((word) => `'${word}'`), process.execPath, builtCommand, 'doctor'].join(' ')
  const { stdout } = spawnSync(wrapper[0] as string, [...wrapper.slice(1), words, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
    timeout: 60_000,
  })
  expect(stdout).toContain('PASS')
  expect(stdout.includes('\u001b[32mPASS')).toBe(coloured)
})

test('--fix is a script that a shell can read', async () => {
  const { stdout } = await runDoctor(['--fix'], { wrapper: inForeignProc, cwd: '/' })
  expect(stdout).toMatch(/^#!\/bin\/sh\n#.*Read it/)
  expect(stdout).toContain('\nset -eu\n')
  expect(stdout).toContain('npm install --save-dev vitest@5')
  expect(spawnSync('/bin/sh', ['-n'], { input: stdout })).toMatchObject({ status: 0 })
})

test.each([[['--fx']], [['word']], [['--fix', '--json']], [['--json=1']]])('%j is wrong usage', async (words) => {
  const { exitCode, stderr, stdout } = await runDoctor(words)
  expect({ exitCode, stdout }).toEqual({ exitCode: 125, stdout: '' })
  expect(stderr).toMatch(/^nsbox doctor: .+\n\nUsage: nsbox doctor/)
})

test('--help', async () => {
  expect(await runDoctor(['--help'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Exit code: 0 all works') })
})
