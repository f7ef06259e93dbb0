// nsbox(options): every value works, and a wrong one stops the run before any test.

import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedTest, testFile, type VitestVersion, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const files = {
  'fails.test.ts': testFile(`test('fails', () => { expect(1).toBe(2) })`),
  'sealed.test.ts':
    testFile(`import { hostname, userInfo } from 'node:os'; import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'; import { once } from 'node:events'
test('tells what it is', async () => {
  rmSync('removed.txt'); writeFileSync('written.txt', 'x'); expect(existsSync('removed.txt')).toBe(false); expect(readFileSync('written.txt', 'utf8')).toBe('x')
  const argv = readFileSync('/proc/1/cmdline', 'utf8').split('\\0').join(' ')
  const told = { hostname: hostname(), uid: process.getuid(), user: userInfo().uid, forked: !readFileSync('/proc/self/cmdline', 'utf8').includes('worker-cold') }
  process.stdout.write('told ' + JSON.stringify(told) + '\\n')
})
test('has its modules, snapshots and timers', async () => {
  expect('a').toMatchInlineSnapshot('"a"'); vi.useFakeTimers(); vi.useRealTimers(); await new Promise((resolve) => setTimeout(resolve, 1))
})`),
}

async function runWith(
  version: VitestVersion,
  options: string,
): Promise<{ run: VitestRun; told: Record<string, unknown>; list: string[] }> {
  const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options }), ...files, 'removed.txt': '' })
  const run = await vitestRun(project)
  expect(run.tests, run.output).toEqual({
    'fails.test.ts > fails': 'failed',
    'sealed.test.ts > tells what it is': 'passed',
    'sealed.test.ts > has its modules, snapshots and timers': 'passed',
  })
  expect(run.exitCode).toBe(1)
  return { run, told: JSON.parse(/^told (.*)$/m.exec(run.stdout)?.[1] ?? '{}'), list: project.list() }
}

describe.each(vitestVersions)('$name', (version) => {
  test.each([
    ['the defaults', '', { hostname: 'nsbox', uid: 0, forked: true }],
    ["launch: 'warm'", "launch: 'warm'", { forked: true }],
    ["launch: 'cold'", "launch: 'cold'", { hostname: 'nsbox', uid: 0, forked: false }],
    ["uid: 'caller'", "uid: 'caller'", { hostname: 'nsbox', uid: process.getuid?.(), user: process.getuid?.() }],
    ["net: 'host'", "net: 'host'", { hostname: 'nsbox', uid: 0 }],
    ["upper: 'tmpfs'", "upper: 'tmpfs'", { hostname: 'nsbox' }],
    ["upper: 'disk'", "upper: 'disk'", { hostname: 'nsbox' }],
    ["seal: 'prefer'", "seal: 'prefer'", { hostname: 'nsbox', uid: 0 }],
    ['hostname', "hostname: 'my-name'", { hostname: 'my-name' }],
  ])('%s', async (_, options, expected) => {
    const { run, told, list } = await runWith(version, options)
    expect(told).toMatchObject(expected)
    expect(list).toContain('removed.txt')
    expect(list).not.toContain('written.txt')
    expect(run.output).not.toContain('not sealed')
  })

  test("net: 'host' reaches the host's localhost", async () => {
    const { createServer } = await import('node:http')
    const server = createServer((_, answer) => answer.end('the host')).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: "net: 'host'" }),
      'asks.test.ts': testFile(
        `test('asks', async () => { expect(await (await fetch('http://127.0.0.1:${port}')).text()).toBe('the host') })`,
      ),
    })
    const run = await vitestRun(project)
    server.close()
    server.closeAllConnections()
    expect(run.exitCode, run.output).toBe(0)
  })

  test.each([
    ['a wrong value', "seal: 'requierd'", ['nsbox(): seal is "requierd"', 'did you mean "require"?', '"require", "prefer"']],
    [
      'an unknown name',
      "hangTimeOut: 5, lunch: 'cold'",
      [
        'unknown option "hangTimeOut" (did you mean "hangTimeout"?)',
        'unknown option "lunch" (did you mean "launch"?)',
        'known options are seal, launch',
      ],
    ],
    ['a wrong type', 'hangTimeout: "soon"', ['hangTimeout is "soon"', 'number']],
    ['a negative time', 'hangTimeout: -1', ['hangTimeout is -1', 'cannot be negative']],
    ['a fraction', 'hangTimeout: 1.5', ['hangTimeout is 1.5', 'whole number']],
    ['a bad host name', 'hostname: "no spaces"', ['hostname is "no spaces"', 'letters, digits and hyphens']],
    ['a relative workspace', 'workspace: "here"', ['workspace is "here"', 'absolute path']],
    ['a workspace that is not there', 'workspace: "/not/there"', ['workspace is "/not/there"', 'existing directory']],
    ['the root as workspace', 'workspace: "/"', ['workspace is "/"', 'other than /']],
    ['several at once', 'net: "all", uid: 1', ['net is "all"', 'uid is 1']],
  ])('%s stops the run', async (_, options, said) => {
    const project = seedTest(version, { 'vitest.config.ts': nsboxConfig({ options }), ...files })
    const run = await vitestRun(project)
    for (const words of said) expect(run.stderr).toContain(words)
    expect(run.tests).toEqual({})
    expect(run.stdout).not.toContain('RUN')
    expect(run.exitCode).toBe(1)
  })
})
