// Promise: whatever goes wrong is said clearly, nothing is left behind, and no result is lost.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mounts, processesWith, until } from '../support/processes.ts'
import { loggedAttempts, patience, resultsOf, startStress, stress } from '../support/stress-run.ts'
import { type Project, seedTest, testFile, vitestVersions } from '../support/vitest-project.ts'

const version = vitestVersions[0] as (typeof vitestVersions)[number]
const files = {
  'src/good.test.ts': testFile(`test('passes', () => undefined)`),
  'src/slow.test.ts': testFile(`test('waits', () => new Promise((resolve) => setTimeout(resolve, 300)))`),
}
const seeded = () => seedTest(version, files)
/** One attempt after the other, for ever so long. */
const long = ['slow', '--tz', 'UTC', '--runs', '200', '--jobs', '1', '--seed', '7']

/** Its temporary files lie where nobody else's do. */
function ownTemp({ scratch }: Project): { TMPDIR: string } {
  const TMPDIR = join(scratch, 'tmp')
  mkdirSync(TMPDIR, { recursive: true })
  return { TMPDIR }
}

function workersOf(pid: number | undefined): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
}

async function nothingIsLeft({ home, scratch }: Project): Promise<void> {
  await until(() => processesWith(home).length === 0)
  expect(mounts()).not.toContain(scratch)
  await until(() => readdirSync(join(scratch, 'tmp')).length === 0)
}

describe('words', () => {
  test.each([
    [['--cpuu', '0.1'], 'nsbox stress: unknown flag --cpuu (did you mean "--cpu"?); nsbox stress --help lists them'],
    [['--cpu', '0.1,none'], 'knob cpu is "none": it must be a number of processors such as 0.5'],
    [['--freeze'], 'nsbox stress: --freeze needs a value: --freeze TIME'],
    [['--runs', '0'], 'nsbox stress: --runs is "0": it must be a whole number from 1 to 1000000'],
    [['--duration', '10'], 'nsbox stress: --duration is "10": it must be a duration with its unit, such as 250ms, 30s, 5m or 1h'],
    [['--shard', '3/2'], 'nsbox stress: --shard is "3/2": it must be a part of all, from 1: 2/4 is the second of four'],
    [['-t', '('], 'nsbox stress: --testNamePattern is "(": it must be a regular expression'],
    [['--prefer=yes'], 'nsbox stress: --prefer takes no value, and was given "yes"'],
    [['--resume'], '--resume: there is no '],
  ])('%j', async (words, message) => {
    const { exitCode, stderr, stdout } = await stress(seeded(), words)
    expect(stderr).toContain(message)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
  })

  test('no test file matches', async () => {
    const { exitCode, stderr } = await stress(seeded(), ['nowhere'])
    expect(stderr).toContain('nsbox stress: no test file matches nowhere')
    expect(exitCode).toBe(4)
  })

  test('no test matches', async () => {
    const { exitCode, stderr } = await stress(seeded(), ['good', '-t', 'nobody has this name'])
    expect(stderr).toContain('nsbox stress: no test matches -t "nobody has this name"')
    expect(exitCode).toBe(4)
  })

  test('a knob that cannot be turned is named with why; with --prefer it is left out', async () => {
    const words = ['good', '--cores', '8192', '--runs', '1']
    const refused = await stress(seeded(), words)
    expect(refused.stderr).toMatch(/The knob cores cannot be turned here: 8192 are asked for/)
    expect(refused.exitCode).toBe(2)
    const preferred = await stress(seeded(), [...words, '--prefer'])
    expect(preferred.stderr).toMatch(/left out: the knob cores cannot be turned here: 8192 are asked for/)
    expect(preferred.exitCode).toBe(0)
  })

  test('a config that vitest does not take is shown as vitest says it', async () => {
    const project = seedTest(version, { ...files, 'vitest.config.ts': 'throw new Error("a mistake in the config")\n' })
    const { exitCode, stderr } = await stress(project, ['good'])
    expect(stderr).toContain('a mistake in the config')
    expect(exitCode).toBe(2)
  })
})

describe('a campaign that is stopped', { timeout: patience }, () => {
  test('with Ctrl-C: reports what there is, leaves nothing, and goes on from there', async () => {
    const project = seeded()
    const env = ownTemp(project)
    const { child, done, output } = startStress(project, long, { env })
    await until(() => loggedAttempts(project).length >= 7 || child.exitCode !== null)
    // The terminal's signal is for the whole group.
    process.kill(-(child.pid as number), 'SIGINT')
    const { exitCode, stdout } = await done
    expect(exitCode, output()).toBe(130)
    expect(stdout).toContain('interrupted')
    const { attempts, endedEarly } = resultsOf(project)
    expect(endedEarly).toBe('interrupted')
    expect(attempts.length).toBeGreaterThanOrEqual(7)
    await nothingIsLeft(project)
  })

  test('with SIGKILL: leaves nothing, and --resume goes on from there', async () => {
    const project = seeded()
    const env = ownTemp(project)
    const words = long.with(4, '8')
    const { child, done } = startStress(project, words, { env })
    await until(() => loggedAttempts(project).length >= 7 || child.exitCode !== null)
    child.kill('SIGKILL')
    expect((await done).signal).toBe('SIGKILL')
    await nothingIsLeft(project)
    const before = loggedAttempts(project)
    const log = join(project.scratch, 'out/attempts.jsonl')
    writeFileSync(log, `${readFileSync(log, 'utf8')}{"number":99,"torn`)
    expect((await stress(project, [...words, '--resume'], { env })).exitCode).toBe(0)
    const { attempts } = resultsOf(project)
    expect(attempts.slice(0, before.length)).toEqual(before)
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 13 }, (_, number) => number))
  })

  test('is not gone on with as another', async () => {
    const project = seeded()
    const words = ['good', '--tz', 'UTC', '--seed', '7']
    await stress(project, [...words, '--runs', '1'])
    const { exitCode, stderr } = await stress(project, [...words, '--runs', '2', '--resume'])
    expect(stderr).toMatch(/--resume: \S+ is of another plan: --runs differ; resume it as it was begun, or begin anew without --resume/)
    expect(exitCode).toBe(2)
  })
})

test('a worker process that is killed loses no result', { timeout: patience }, async () => {
  const project = seeded()
  const env = ownTemp(project)
  const { child, done } = startStress(project, long.with(4, '8'), { env })
  await until(() => loggedAttempts(project).length >= 6 || child.exitCode !== null)
  for (const pid of workersOf(child.pid)) process.kill(pid, 'SIGKILL')
  const { exitCode, stderr } = await done
  expect(
    stderr.match(/a worker process was killed by SIGKILL; its attempt of src\/slow\.test\.ts is made again on another one/g),
  ).toHaveLength(1)
  expect(exitCode).toBe(0)
  expect(resultsOf(project).attempts.map(({ number }) => number)).toEqual(Array.from({ length: 13 }, (_, number) => number))
  await nothingIsLeft(project)
})

test('a disk that is full is said once, and all is reported', async () => {
  const project = seeded()
  const out = join(project.scratch, 'out')
  mkdirSync(out)
  const small = 'mount -t tmpfs -o size=8k none "$1"; shift; exec "$@"'
  const wrapper = ['unshare', '--user', '--map-root-user', '--mount', '/bin/sh', '-ec', small, 'situation', out]
  const { exitCode, stdout, stderr } = await stress(project, ['good', '--tz', 'UTC', '--runs', '25', '--json'], { wrapper })
  expect(stderr.match(/attempts\.jsonl cannot be written any more: no space is left on its disk/g)).toHaveLength(1)
  expect((JSON.parse(stdout) as ReturnType<typeof resultsOf>).attempts).toHaveLength(30)
  expect(exitCode).toBe(0)
})
