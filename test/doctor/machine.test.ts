// The doctor on this machine as it is: what it says, and what it leaves.

import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { asOrdinaryUser, diagnose, needsOrdinaryUser, runDoctor } from '../support/doctor.ts'
import { mounts, processesWith, until } from '../support/processes.ts'

const exitCodes = { ok: 0, degraded: 1, 'cannot-seal': 2 }

describe.each([
  ['the caller', []],
  ['an ordinary user', asOrdinaryUser],
])('as %s', (_, wrapper) => {
  test('every fact is tried, and a machine that runs these tests can seal', async (context) => {
    if (wrapper.length > 0) needsOrdinaryUser(context)
    const { checks, failed, verdict, exitCode } = await diagnose({ wrapper })
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

  test('nothing is left behind', async (context) => {
    if (wrapper.length > 0) needsOrdinaryUser(context)
    const token = `nsbox-doctor-test-${process.pid}-${Math.random()}`
    const before = mounts()
    const { pid } = await diagnose({ wrapper, env: { NSBOX_TEST: token } })
    const left = () =>
      ['/tmp', '/var/tmp', tmpdir()].flatMap((directory) => readdirSync(directory)).filter((name) => name.startsWith(`nsbox-${pid}-`))
    await until(() => processesWith(token).length === 0 && left().length === 0)
    expect(mounts()).toBe(before)
  })
})

test.each([
  ['4.1.0', 'pass'],
  ['3.2.4', 'warn'],
])('vitest %s, as the directory would import it', async (version, status) => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-vitest-'))
  try {
    mkdirSync(join(directory, 'node_modules/vitest'), { recursive: true })
    writeFileSync(join(directory, 'node_modules/vitest/package.json'), JSON.stringify({ name: 'vitest', version }))
    const { check } = await diagnose({ cwd: directory })
    expect(check('vitest')).toMatchObject({ status, detail: expect.stringContaining(version) })
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('each warning says what does not work because of it', async () => {
  const { checks } = await diagnose({ cwd: '/' })
  const warnings = checks.filter(({ status }) => status === 'warn')
  expect(warnings.map(({ name }) => name)).toContain('vitest')
  for (const { effect } of warnings) expect(effect).toMatch(/\w{3}/)
})

test('lines for people: one for each check, aligned, with the verdict last and no colour in a pipe', async () => {
  const { stdout, stderr, exitCode } = await runDoctor([])
  const lines = stdout.trimEnd().split('\n')
  expect(stderr).toBe('')
  expect(lines[0]).toMatch(/^PASS {2}platform +Linux /)
  expect(
    new Set(lines.filter((line) => /^(PASS|WARN|FAIL) /.test(line)).map((line) => /^\w+ {2}.+? {2,}/.exec(line)?.[0].length)).size,
  ).toBe(1)
  expect(lines.at(-1)).toMatch(/^nsbox works here.* \(.+\): PASS \d+, WARN \d+, FAIL 0\.$/)
  expect(stdout).not.toContain('\u001b')
  expect([0, 1]).toContain(exitCode)
})

test.each([
  ['a terminal sees colours', {}, true],
  ['NO_COLOR turns them off', { NO_COLOR: '1' }, false],
])('%s', async (_name, env, coloured) => {
  const wrapper = ['script', '--quiet', '--return', '--command']
  const words = [process.execPath, new URL('../../src/cli.ts', import.meta.url).pathname, 'doctor'].join(' ')
  const { stdout } = spawnSync(wrapper[0] as string, [...wrapper.slice(1), words, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], TERM: 'xterm', ...env },
    timeout: 60_000,
  })
  expect(stdout).toContain('PASS')
  expect(stdout.includes('\u001b[32mPASS')).toBe(coloured)
})

test('--fix is a script that a shell can read', async () => {
  const { stdout } = await runDoctor(['--fix'], { cwd: '/' })
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

test('a copy of node at another place, as the AppArmor profile names it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-node-'))
  try {
    chmodSync(directory, 0o755)
    copyFileSync(process.execPath, join(directory, 'node'))
    expect((await diagnose({ node: join(directory, 'node') })).failed).toEqual([])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
