// Promise: a test that fails under a recipe is shown failing, by the command and in the words that a campaign hands over.

import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { wilson } from '../../src/stress/statistics.ts'
import { builtCommand } from '../support/built-command.ts'
import { type CommandEnd, type CommandOptions, nsbox } from '../support/command.ts'
import { Debugger } from '../support/debugger.ts'
import { freePort } from '../support/services.ts'
import { type Project, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'

const files = {
  // The first of January in UTC is the second one at its noon, 14 hours east.
  'src/day.test.ts': testFile(`import { writeFileSync } from 'node:fs'
describe('a day', () => {
  test('is the same everywhere', () => {
    console.log('TZ is ' + process.env.TZ)
    writeFileSync('left.txt', 'left by the test')
    expect(new Date('2026-01-01T12:00:00Z').getDate()).toBe(1)
  })
  test('is the same everywhere, else', () => { throw new Error('another test') })
})`),
  'src/large.test.ts': testFile(`test('has 200 MiB', async () => {
  const held = Buffer.alloc(200 * 1024 ** 2, 1)
  await new Promise((resolve) => setTimeout(resolve, 3000))
  expect(held[0]).toBe(1)
})`),
  'src/order.test.ts': testFile(`let isReady = false
test('makes ready', () => { isReady = true })
test('is ready', () => expect(isReady).toBe(true))`),
  'src/seed.test.ts': testFile(`test('draws less than 0.5', () => expect(Math.random()).toBeLessThan(0.5))`),
}

const day = 'src/day.test.ts > a day > is the same everywhere'
const east = ['--recipe', 'n1:tz=+14,seed=7']

function repro({ root, home }: Project, words: string[], options: Partial<CommandOptions> = {}): Promise<CommandEnd> {
  return nsbox(['repro', ...words], { cwd: root, home, entry: builtCommand, killAfter: 110_000, ...options })
}

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, files)

  test('shows the failure, and what was in force', async () => {
    const { exitCode, stdout } = await repro(project, [day, ...east])
    expect(stdout).toContain(` FAIL  ${day}\nAssertionError: expected 2 to be 1`)
    expect(stdout).toContain('- Expected\n+ Received\n\n- 1\n+ 2\n')
    expect(stdout).toMatch(/ ❯ (\S+ )?src\/day\.test\.ts:6:\d+\n/)
    expect(stdout).toContain("6|     expect(new Date('2026-01-01T12:00:00Z').getDate()).toBe(1)\n")
    expect(stdout).toContain('it printed:\nTZ is Etc/GMT-14\n')
    expect(stdout).toMatch(/^under n1:tz=\+14,seed=7$/m)
    expect(stdout).toMatch(/^it took .* wall, .* CPU/m)
    expect(stdout).toMatch(/^n1:tz=\+14,seed=7 failed 1\/1, 100 % \[21–100 %\]$/m)
    // Neither its neighbour, nor a new line to copy: this one had the seed.
    expect(stdout).not.toMatch(/Error: another test|again:/)
    expect(exitCode).toBe(1)
  })

  test('has an order with the other tests of the file', async () => {
    const { exitCode, stdout } = await repro(project, ['src/order.test.ts > is ready', '--recipe', 'n1:shuffle=tests'])
    expect(stdout).toContain(' FAIL  src/order.test.ts > is ready\n')
    expect(stdout).toMatch(/^n1:shuffle=tests failed 1\//m)
    expect(exitCode).toBe(1)
  })

  test('lets a debugger in', async () => {
    const port = await freePort()
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
})

describe('runs', () => {
  const project = seedSuite(vitestVersions[0] as (typeof vitestVersions)[0], files)

  test('of what never fails', async () => {
    const { exitCode, stdout } = await repro(project, [day, '--recipe', 'n1:seed=7', '--runs', '3'])
    expect(stdout).toBe(
      'n1:seed=7 never failed, 0 of 3: below 64 % with 95 % confidence\nevery run had seed 7; without seed=7 in the recipe each has another one\n',
    )
    expect(exitCode).toBe(0)
  })

  test('have other seeds, and the one that failed is told', async () => {
    const seed = 'src/seed.test.ts > draws less than 0.5'
    // That none of 100 draws 0.5 or more has a chance of 2⁻¹⁰⁰.
    const { exitCode, stdout } = await repro(project, [seed, '--recipe', 'n1:', '--runs', '100'])
    expect(exitCode).toBe(1)
    const [, found = ''] = /^again: nsbox repro 'src\/seed.test.ts > draws less than 0.5' --recipe (n1:seed=\d+)$/m.exec(stdout) ?? []
    const again = await repro(project, [seed, '--recipe', found, '--runs', '2', '--check'])
    expect(again.stdout).toContain('it still fails: failed 2/2, 100 %')
    expect(again.exitCode).toBe(1)
  })

  test('of what is killed', async () => {
    const { exitCode, stdout } = await repro(project, ['src/large.test.ts', '--recipe', 'n1:memory=96M'])
    expect(stdout).toMatch(/killed by its memory cap of 96 MiB/)
    expect(stdout).toMatch(/^under n1:memory=96M,seed=\d+ \(memory: /m)
    expect(exitCode).toBe(1)
  })

  test('of a suite', async () => {
    const { exitCode, stdout } = await repro(project, ['src/day.test.ts > a day', '--recipe', 'n1:'])
    expect(stdout).toContain('Error: another test')
    expect(exitCode).toBe(1)
  })

  test('of a test that is not there', async () => {
    const [test, file] = await Promise.all([
      repro(project, ['src/day.test.ts > a day > is', ...east]),
      repro(project, ['src/dya.test.ts', ...east]),
    ])
    expect(test.stderr).toContain(
      'it has no test "a day > is"; it has "a day > is the same everywhere", "a day > is the same everywhere, else"',
    )
    expect(file.stderr).toContain('no test file is called src/dya.test.ts')
    expect([test.exitCode, file.exitCode]).toEqual([4, 4])
  })

  test('that are interrupted tell what they know', async () => {
    const { exitCode, stdout, stderr } = await repro(project, [day, ...east, '--check', '--runs', '100000'], {
      signal: { at: /failed: /, name: 'SIGINT' },
    })
    expect(stdout).toMatch(/it still fails: failed (\d+)\/\1, 100 %/)
    expect(stderr).toContain('nsbox repro: interrupted')
    expect(exitCode).toBe(130)
  })
})

describe('after a campaign', () => {
  const rate = { failed: 12, runs: 20, interval: wilson(12, 20) }
  const recorded = {
    file: 'src/day.test.ts',
    project: '',
    line: 3,
    verdict: 'FLAKY',
    baseline: { failed: 0, runs: 5, interval: wilson(0, 5) },
  }
  const results = {
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
    tests: [
      {
        ...recorded,
        ...rate,
        name: 'a day > is the same everywhere',
        effects: [],
        recipe: { ...rate, text: 'n1:tz=+14,seed=7', knobs: { tz: '+14', seed: 7 } },
        cause: null,
      },
    ],
    clusters: [],
  }
  const project = seedSuite(vitestVersions[0] as (typeof vitestVersions)[0], {
    ...files,
    '.nsbox/results.json': JSON.stringify(results),
    'show.sh': '#!/bin/sh\necho "TZ is $TZ, $(cat left.txt)"\n',
  })

  test('its tests are listed, and have their recipes', async () => {
    expect((await repro(project, [])).stdout).toBe(`nsbox repro '${day}' --recipe n1:tz=+14,seed=7\n`)
    const { exitCode, stdout } = await repro(project, [day])
    expect(stdout).toContain('n1:tz=+14,seed=7 failed 1/1')
    expect(exitCode).toBe(1)
  })

  test('a check of a fix has runs enough', async () => {
    project.write('src/day.test.ts', files['src/day.test.ts'].replace('.getDate()', '.getUTCDate()'))
    const { exitCode, stdout } = await repro(project, [day, '--check'])
    expect(stdout).toMatch(/^the fix holds: 0 of 10: below 26 % with 95 % confidence; before it failed 12\/20, 60 % \[39–78 %\]$/m)
    expect(exitCode).toBe(0)
    project.write('src/day.test.ts', files['src/day.test.ts'])
  })

  test('a shell is opened in the state that was left', async () => {
    const shell = join(project.root, 'show.sh')
    chmodSync(shell, 0o755)
    const { exitCode, stdout, stderr } = await repro(project, [day, '--shell'], { env: { SHELL: shell } })
    expect(stderr).toMatch(/the state that it left: nsbox shell --last-failed \S+\/src\/day\.test\.ts --setenv TZ=Etc\/GMT-14$/m)
    expect(stdout).toMatch(/^TZ is Etc\/GMT-14, left by the test$/m)
    expect(exitCode).toBe(1)
  })
})
