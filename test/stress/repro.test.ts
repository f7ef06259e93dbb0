// Promise: `nsbox repro` makes a failure happen again, shows it, and tells how often it happens.

import { spawnSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wilson } from '../../src/stress/statistics.ts'
import { type CommandEnd, type CommandOptions, command, nsbox } from '../support/command.ts'
import { Debugger } from '../support/debugger.ts'
import { holdPort } from '../support/ports.ts'
import { programPath } from '../support/sandbox.ts'
import { fixture, oneVitest, type Project, seedSuite, vitestVersions } from '../support/vitest-project.ts'

const files = fixture('repro')

const dayFile = files['src/day.test.ts'] as string
const day = 'src/day.test.ts > a day > is the same everywhere'
const east = ['--recipe', 'n1:tz=+14,seed=7']

/** A single worker process unless `words` say otherwise: each costs a start of vitest. */
function repro({ root, home }: Project, words: string[], options: Partial<CommandOptions> = {}): Promise<CommandEnd> {
  const jobs = words.length === 0 || words.includes('--jobs') ? [] : ['--jobs', '1']
  return nsbox(['repro', ...words, ...jobs], { cwd: root, home, killAfter: 110_000, ...options })
}

const dayRecorded = { file: 'src/day.test.ts', name: 'a day > is the same everywhere', recipe: 'n1:tz=+14,seed=7' }

/** A campaign's results, which have the recipe of a test. */
function recorded(test: { file: string; name: string; recipe: string } = dayRecorded): string {
  const rate = { failed: 12, runs: 20, interval: wilson(12, 20) }
  const found = {
    ...rate,
    file: test.file,
    project: '',
    line: 3,
    verdict: 'FLAKY',
    baseline: { failed: 0, runs: 5, interval: wilson(0, 5) },
    name: test.name,
    effects: [],
    recipe: { ...rate, text: test.recipe, knobs: {} },
    cause: null,
  }
  return JSON.stringify({
    version: 1,
    nsbox: '0.0.0',
    node: process.version,
    vitest: '5.0.0',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:00.000Z',
    machine: { cpus: 2, memoryBytes: 2 ** 32, kernel: '6.0.0' },
    command: ['stress'],
    seed: 1,
    shard: null,
    endedEarly: null,
    attempts: [],
    tests: [found],
    clusters: [],
  })
}

const afterCampaign = { ...files, '.nsbox/results.json': recorded() }

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, { ...afterCampaign, 'show.sh': '#!/bin/sh\necho "TZ is $TZ, $(cat left.txt)"\n' })

  test('shows the failure under its recorded recipe, what was in force, and opens a shell in the state that was left', async () => {
    const shell = join(project.root, 'show.sh')
    chmodSync(shell, 0o755)
    const { exitCode, stdout, stderr } = await repro(project, [day, '--shell'], { env: { SHELL: shell } })
    expect(stdout).toContain(` FAIL  ${day}\nAssertionError: expected 2 to be 1`)
    expect(stdout).toContain('- Expected\n+ Received\n\n- 1\n+ 2\n')
    expect(stdout).toMatch(/ ❯ (\S+ )?src\/day\.test\.ts:9:\d+\n/)
    expect(stdout).toContain("9|     expect(new Date('2026-01-01T12:00:00Z').getDate()).toBe(1)\n")
    expect(stdout).toContain('it printed:\nTZ is Etc/GMT-14\n')
    expect(stdout).toMatch(/^under n1:tz=\+14,seed=7$/m)
    expect(stdout).toMatch(/^it took .* wall, .* CPU/m)
    expect(stdout).toMatch(/^n1:tz=\+14,seed=7 failed 1\/1, 100 % \[21–100 %\]$/m)
    // Neither its neighbour, nor a new line to copy: this one had the seed.
    expect(stdout).not.toMatch(/Error: another test|again:/)
    expect(stderr).toMatch(/the state that it left: nsbox shell --last-failed \S+\/src\/day\.test\.ts --setenv TZ=Etc\/GMT-14$/m)
    expect(stdout).toMatch(/^TZ is Etc\/GMT-14, left by the test$/m)
    expect(exitCode).toBe(1)
  })
})

describe.each(oneVitest)('after a campaign', (version) => {
  const project = seedSuite(version, { ...afterCampaign, 'src/day.test.ts': dayFile.replace('.getDate()', '.getUTCDate()') })

  test('tests are listed with their recipes', async () => {
    expect((await repro(project, [])).stdout).toBe(`nsbox repro '${day}' --recipe n1:tz=+14,seed=7\n`)
  })

  test('a check of a fix has runs enough', async () => {
    const { exitCode, stdout } = await repro(project, [day, '--check'])
    expect(stdout).toMatch(/^the fix holds: 0 of 10: below 26 % with 95 % confidence; before it failed 12\/20, 60 % \[39–78 %\]$/m)
    expect(exitCode).toBe(0)
  })
})

describe.each(oneVitest)('a name of any characters', (version) => {
  const name = " x ##[error]y'!\\ > a\nb\u001b[2J\u009b\u202e\0\ud800\n"
  const project = seedSuite(version, {
    'src/odd.test.ts': `import { test } from 'vitest'\ntest(${JSON.stringify(name)}, () => { throw new Error('it is odd') })\ntest('x', () => {})\n`,
    '.nsbox/results.json': recorded({ file: 'src/odd.test.ts', name, recipe: 'n1:seed=7' }),
  })

  test('is one line, which runs that test when it is pasted into a shell', async () => {
    const { stdout: line } = await repro(project, [])
    expect(line).toMatch(/^nsbox repro \P{Cc}+\n$/u)
    const script = `nsbox() { ${command.join(' ')} "$@"; }\n${line.trimEnd()} --alone --jobs 1`
    const { root: cwd, home } = project
    const { status, stdout, stderr } = spawnSync('sh', { input: script, cwd, env: { PATH: programPath, HOME: home }, encoding: 'utf8' })
    expect(stderr).not.toContain('nsbox repro:')
    expect(stdout).toContain('Error: it is odd')
    expect(stdout).toMatch(/^n1:seed=7 failed 1\/1,/m)
    expect(status).toBe(1)
  })
})

describe.each(oneVitest)('runs', (version) => {
  const project = seedSuite(version, files)

  test('have an order with the other tests of the file, and other seeds, and the one that failed is told', async () => {
    const order = 'src/order.test.ts > is ready'
    // That none of 100 turns two tests round has a chance of 2⁻¹⁰⁰.
    const { exitCode, stdout } = await repro(project, [order, '--recipe', 'n1:shuffle=tests', '--jobs', '2'])
    expect(stdout).toContain(` FAIL  ${order}\n`)
    expect(stdout).toMatch(/^n1:shuffle=tests failed 1\//m)
    expect(exitCode).toBe(1)
    const [, found = ''] = /^again: nsbox repro 'src\/order.test.ts > is ready' --recipe (n1:shuffle=tests,seed=\d+)$/m.exec(stdout) ?? []
    const again = await repro(project, [order, '--recipe', found, '--runs', '4', '--check'])
    expect(again.stdout).toContain('it still fails: failed 4/4, 100 %')
    expect(again.exitCode).toBe(1)
  })

  test('lets a debugger in', async () => {
    const port = await holdPort()
    const running = repro(project, [day, '--recipe', 'n1:tz=+14,freeze=5ms', `--inspect-brk=${port}`])
    const attached = await Debugger.connectWhenThere(port)
    await attached.send('Debugger.enable')
    await attached.send('Runtime.runIfWaitingForDebugger')
    await attached.paused()
    void attached.send('Debugger.resume')
    const { exitCode, stdout, stderr } = await running
    expect(stderr).toContain('not turned with a debugger: freeze')
    expect(stderr).toContain(`a debugger can attach at 127.0.0.1:${port}`)
    expect(stdout).toContain(` FAIL  ${day}\n`)
    expect(exitCode).toBe(1)
  })

  test('of what never fails', async () => {
    const { exitCode, stdout } = await repro(project, [day, '--recipe', 'n1:seed=7', '--runs', '3'])
    expect(stdout).toBe(
      'n1:seed=7 never failed, 0 of 3: below 64 % with 95 % confidence\nevery run had seed 7; without seed=7 in the recipe each has another one\n',
    )
    expect(exitCode).toBe(0)
  })

  test('of a test that is not there', async () => {
    const { exitCode, stderr } = await repro(project, ['src/day.test.ts > a day > is', ...east])
    expect(stderr).toContain('it has no test "a day > is"; it has "a day > is the same everywhere", "a day > is the same everywhere, else"')
    expect(exitCode).toBe(4)
  })

  test('of a file that is not there', async () => {
    const { exitCode, stderr } = await repro(project, ['src/dya.test.ts', ...east])
    expect(stderr).toContain('no test file is called src/dya.test.ts')
    expect(exitCode).toBe(4)
  })

  test('of a suite, that are interrupted, tell what they know', async () => {
    const { exitCode, stdout, stderr } = await repro(project, ['src/day.test.ts > a day', ...east, '--check', '--runs', '100000'], {
      signal: { at: /failed: /, name: 'SIGINT' },
    })
    expect(stdout).toContain('Error: another test')
    expect(stdout).toMatch(/it still fails: failed (\d+)\/\1, 100 %/)
    expect(stderr).toContain('nsbox repro: interrupted')
    expect(exitCode).toBe(130)
  })
})
