// Promise: whatever goes wrong is said clearly, nothing is left behind, and no result is lost.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { childrenOf, descendants } from '../../src/sys/descendants.ts'
import { readSmall } from '../../src/sys/small-file.ts'
import { mounts, processesWith, until } from '../support/processes.ts'
import { loggedAttempts, patience, resultsOf, type StressProcess, startStress, stress } from '../support/stress-run.ts'
import { fixture, nsboxConfig, oneVitest, type Project, seedSuite, seedTest } from '../support/vitest-project.ts'

const files = fixture('bad-days')
/** One attempt after the other, for ever so long. */
const long = ['gated', '--tz', 'UTC', '--runs', '200', '--jobs', '1', '--seed', '7']
const short = long.with(4, '1')
/** The attempts of a short one: 5 are its baseline. */
const all = 6
/** Attempts that pass before one waits. */
const passes = 2

/** A project whose attempts wait at a gate, after the first ones. Its temporary files lie where nobody else's do. */
class Gated {
  readonly project: Project
  readonly env: { TMPDIR: string; GATE: string }
  readonly #gate: string

  constructor(version: Parameters<typeof seedTest>[0]) {
    this.project = seedTest(version, files)
    const { scratch } = this.project
    this.#gate = join(scratch, 'gate')
    this.env = { TMPDIR: join(scratch, 'tmp'), GATE: this.#gate }
    for (const directory of [this.env.TMPDIR, this.#gate]) mkdirSync(directory)
    const config = { test: "pool: 'nsbox', globalSetup: './global.ts'", options: `allow: ['${this.#gate}:rw']` }
    this.project.write('vitest.config.ts', nsboxConfig(config))
    for (let pass = 0; pass < passes; pass++) writeFileSync(join(this.#gate, `pass-${pass}`), '')
  }

  /** Whether a worker process that was left with an attempt has ended what its global setup started. */
  get isTornDown(): boolean {
    return existsSync(join(this.#gate, 'torn-down'))
  }

  open(): void {
    writeFileSync(join(this.#gate, 'open'), '')
  }

  /** Settles when an attempt of the campaign waits. */
  async waits({ child, output }: StressProcess): Promise<void> {
    const waiting = join(this.#gate, 'waiting')
    rmSync(waiting, { force: true })
    const check = () => expect(existsSync(waiting) || child.exitCode !== null, output()).toBe(true)
    await vi.waitFor(check, { timeout: patience, interval: 20 })
    expect(child.exitCode, output()).toBe(null)
  }
}

async function nothingIsLeft({ home, scratch }: Project): Promise<void> {
  await until(() => processesWith(home).length === 0)
  expect(mounts()).not.toContain(scratch)
  await until(() => readdirSync(join(scratch, 'tmp')).length === 0)
}

describe.each(oneVitest)('words', (version) => {
  const project = seedSuite(version, files)
  /** A third of a campaign has a baseline of two attempts. */
  const part = ['--jobs', '1', '--shard', '1/3']

  // Without vitest. The other flags are in test/unit/config/stress-flags.test.ts.
  test.each([
    [['--cpuu', '0.1'], 'nsbox stress: unknown flag --cpuu (did you mean "--cpu"?); nsbox stress --help lists them'],
    [['--cpu', '0.1,none'], 'knob cpu is "none": it must be a number of processors such as 0.5'],
    [['--resume'], '--resume: there is no '],
    [['--output', '/dev/null/x'], '--output is /dev/null/x: /dev/null is no directory; name a directory that you can write to'],
  ])('%j', async (words, message) => {
    const { exitCode, stderr, stdout } = await stress(project, words)
    expect(stderr).toContain(message)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  test.each(['--pool=forks', '--pool=threads'])('%s cannot be had', async (word) => {
    const { exitCode, stderr } = await stress(project, ['good', '--jobs', '1', '--', word])
    expect(stderr).toContain(`${word} cannot be used here: every attempt runs in nsbox's own pool. Remove it`)
    expect(exitCode).toBe(2)
  })

  test('no test file matches', async () => {
    const { exitCode, stderr } = await stress(project, ['nowhere', '--jobs', '1'])
    expect(stderr).toContain('nsbox stress: no test file matches nowhere')
    expect(exitCode).toBe(4)
  })

  test('no test matches', async () => {
    const { exitCode, stderr } = await stress(project, ['good', '-t', 'nobody has this name', ...part])
    expect(stderr).toContain('nsbox stress: no test matches -t "nobody has this name"')
    expect(exitCode).toBe(4)
  })

  test('a knob that cannot be turned is named with why', async () => {
    const { exitCode, stderr } = await stress(project, ['good', '--cores', '8192', '--runs', '1', ...part])
    expect(stderr).toMatch(/The knob cores cannot be turned here: 8192 are asked for/)
    expect(exitCode).toBe(2)
  })

  test('a config that vitest does not take is shown as vitest says it', async () => {
    const mistaken = seedTest(version, { ...files, 'vitest.config.ts': 'throw new Error("a mistake in the config")\n' })
    const { exitCode, stderr } = await stress(mistaken, ['good', '--jobs', '1'])
    expect(stderr).toContain('a mistake in the config')
    expect(exitCode).toBe(2)
  })
})

test.each(oneVitest)('a config that ends its process is told from worker processes that are killed', async (version) => {
  const ends = seedTest(version, { ...files, 'vitest.config.ts': 'process.exit(3)\n' })
  const ended = await stress(ends, ['good', '--jobs', '1'])
  expect(ended.stderr).toContain('vitest does not start: 3 worker processes in a row were lost')
  expect(ended.stderr).toContain('the last one ended with exit code 3\n  hint: What the config or a plugin runs has ended them')
  expect(ended.exitCode).toBe(2)
  // vitest ends its process at SIGTERM with that exit code.
  const killed = { "process.kill(process.pid, 'SIGKILL')": 'SIGKILL', 'process.exit(143)': 'SIGTERM' }
  for (const [config, signal] of Object.entries(killed)) {
    const { exitCode, stderr } = await stress(seedTest(version, { ...files, 'vitest.config.ts': `${config}\n` }), ['good', '--jobs', '1'])
    expect(stderr).toMatch(/^nsbox stress: 3 worker processes .*\n {2}hint: If nobody killed them/m)
    expect(stderr).toContain(`the last one was killed by ${signal}\n`)
    expect(exitCode).toBe(125)
  }
})

describe.each(oneVitest)('a zygote that is killed as a campaign starts is no fact of the machine', (version) => {
  /** A module of `--require` runs in zygotes, before they fork. It ends the first ones in this way. */
  const ends = (how: string, most: number) => {
    const preload = `
      const { appendFileSync, readFileSync } = require('node:fs')
      appendFileSync(__dirname + '/starts', '.')
      if (readFileSync(__dirname + '/starts').length <= ${most}) ${how}\n`
    const project = seedTest(version, { ...files, 'preload.cjs': preload })
    project.write(
      'vitest.config.ts',
      nsboxConfig({ test: `pool: 'nsbox', execArgv: ['--require', '${join(project.root, 'preload.cjs')}']` }),
    )
    return stress(project, ['good', '-t', '^ ?passes$', '--tz', 'UTC', '--runs', '1', '--jobs', '1'])
  }
  const kill = "process.kill(process.pid, 'SIGKILL')"

  test('once: another worker process goes on', async () => {
    const { exitCode, stderr } = await ends(kill, 1)
    expect(stderr).toContain(
      'a worker process could not go on: The zygote ended: SIGKILL; test files are looked for again on another one\n',
    )
    expect(exitCode, stderr).toBe(0)
  })

  test('always', async () => {
    const { exitCode, stderr } = await ends(kill, 1000)
    expect(stderr).toContain('the last one could not go on: The zygote ended: SIGKILL\n  hint: If nobody killed them')
    expect(stderr).not.toContain('no sandbox can be had')
    expect(exitCode).toBe(125)
  })

  test('by what it loads', async () => {
    const { exitCode, stderr } = await ends("throw new Error('of the preload')", 1000)
    expect(stderr).toMatch(/^nsbox stress: vitest does not start: 3 worker processes .*The zygote ended: exit code 1\\n.*of the preload/m)
    expect(exitCode).toBe(2)
  })
})

test.each(oneVitest)("an option setup that fails is the project's mistake", async (version) => {
  const project = seedTest(version, files)
  project.write('vitest.config.ts', nsboxConfig({ test: "pool: 'nsbox'", options: "setup: ['sh', '-c', 'echo no seed; exit 3']" }))
  const { exitCode, stderr } = await stress(project, ['good', '--jobs', '1'])
  expect(stderr).toContain('nsbox stress: setup failed: it ended with exit code 3')
  expect(stderr).toContain('no seed')
  expect(exitCode).toBe(2)
})

describe.each(oneVitest)('a campaign that is stopped in the middle of an attempt', { timeout: patience }, (version) => {
  test('with Ctrl-C: reports what there is, and leaves nothing', async () => {
    const gated = new Gated(version)
    const { project, env } = gated
    const running = startStress(project, long, { env })
    await gated.waits(running)
    // The terminal's signal is for the whole group.
    process.kill(-(running.child.pid as number), 'SIGINT')
    const { exitCode, stdout } = await running.done
    expect(exitCode, running.output()).toBe(130)
    expect(stdout).toContain('interrupted')
    const { attempts, endedEarly } = resultsOf(project)
    expect(endedEarly).toBe('interrupted')
    expect(attempts).toHaveLength(passes)
    await nothingIsLeft(project)
    expect(gated.isTornDown).toBe(true)
  })

  test('with SIGKILL: leaves nothing, and --resume goes on from there, whatever is lost, and not as another', async () => {
    const gated = new Gated(version)
    const { project, env } = gated
    const running = startStress(project, short, { env })
    await gated.waits(running)
    running.child.kill('SIGKILL')
    expect((await running.done).signal).toBe('SIGKILL')
    await nothingIsLeft(project)
    expect(gated.isTornDown).toBe(true)
    const before = loggedAttempts(project)
    expect(before).toHaveLength(passes)
    const log = join(project.scratch, 'out/attempts.jsonl')
    writeFileSync(log, `${readFileSync(log, 'utf8')}{"number":99,"torn`)

    const resumed = startStress(project, [...short, '--resume'], { env })
    await gated.waits(resumed)
    // The one that takes its place too, before it is ready.
    const killed: number[] = []
    await until(() => {
      for (const pid of childrenOf(resumed.child.pid as number).filter((one) => !killed.includes(one))) {
        process.kill(pid, 'SIGKILL')
        killed.push(pid)
      }
      return killed.length === 2
    })
    gated.open()
    const { exitCode, stderr } = await resumed.done
    expect(
      stderr.match(/a worker process was killed by SIGKILL; its attempt of src\/gated\.test\.ts is made again on another one/g),
    ).toHaveLength(2)
    expect(exitCode).toBe(0)
    const { attempts } = resultsOf(project)
    expect(attempts.slice(0, before.length)).toEqual(before)
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: all }, (_, number) => number))
    await nothingIsLeft(project)

    const another = await stress(project, [...short.with(4, '2'), '--resume'], { env })
    expect(another.stderr).toMatch(
      /--resume: \S+ is of another plan: --runs differ; resume it as it was begun, or begin anew without --resume/,
    )
    expect(another.exitCode).toBe(2)
  })
})

test.each(oneVitest)('an attempt whose sandbox is killed from outside is made again', { timeout: patience }, async (version) => {
  const gated = new Gated(version)
  const { project, env } = gated
  const running = startStress(project, short, { env })
  await gated.waits(running)
  // That of the attempt, and one that may have been forked ahead: pid 1 of a namespace of its own (proc_pid_status(5)).
  const inits = descendants(running.child.pid as number).filter((pid) => /^NSpid:\t.*\t1$/m.test(readSmall(`/proc/${pid}/status`)))
  expect(inits).not.toEqual([])
  for (const pid of inits) process.kill(pid, 'SIGKILL')
  await gated.waits(running)
  gated.open()
  const { exitCode, stderr } = await running.done
  expect(stderr).toMatch(
    /a worker process could not go on: .*init was killed from outside; its attempt of src\/gated\.test\.ts is made again on another one/,
  )
  expect(exitCode, stderr).toBe(0)
  expect(resultsOf(project).tests).toMatchObject([{ verdict: 'PASS', runs: all }])
})

// A grid as well, of all combinations.
test.each(oneVitest)('a disk that is full, and a knob that --prefer leaves out, are said once, and all is reported', async (version) => {
  const project = seedTest(version, files)
  const out = join(project.scratch, 'out')
  mkdirSync(out)
  const small = 'mount -t tmpfs -o size=4k none "$1"; shift; exec "$@"'
  const wrapper = ['unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-ec', small, 'situation', out]
  const grid = ['--tz', '+14,UTC', '--locale=tr_TR', '--cores', '8192', '--prefer', '--runs', '2']
  const { exitCode, stdout, stderr } = await stress(project, ['good', '-t', '^ ?passes$', ...grid, '--jobs', '1', '--json'], { wrapper })
  expect(stderr.match(/attempts\.jsonl cannot be written any more: no space is left on its disk/g)).toHaveLength(1)
  expect(stderr.match(/left out: the knob cores cannot be turned here: 8192 are asked for/g)).toHaveLength(1)
  const { attempts, tests } = JSON.parse(stdout) as ReturnType<typeof resultsOf>
  expect(attempts).toHaveLength(9)
  expect(attempts.slice(5).map(({ order: { knobs } }) => [knobs.tz, knobs.locale])).toEqual(
    ['+14', 'UTC', '+14', 'UTC'].map((tz) => [tz, 'tr_TR']),
  )
  expect(tests).toMatchObject([{ name: 'passes', verdict: 'PASS', runs: 9 }])
  // Whoever collects the files is not to take it for done.
  expect(stderr).toContain('results.json could not be written: the disk is full')
  expect(exitCode).toBe(125)
})
