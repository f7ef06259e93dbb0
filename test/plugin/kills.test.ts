// However a run is ended, nothing of it is left: no process, no mount, no file, no socket.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { isZygote, mounts, namedSockets, processesOf, type RunningProcess } from '../support/vitest-left-behind.ts'
import { nsboxConfig, type Project, seedTest, testFile, type VitestVersion, vitestVersions } from '../support/vitest-project.ts'
import { startVitest, type VitestProcess } from '../support/vitest-run.ts'

const waits = testFile(`import { spawn } from 'node:child_process'
test('waits', { timeout: 600_000 }, async () => {
  spawn('sleep', ['86400'], { detached: true, stdio: 'ignore' }).unref()
  process.stdout.write('worker is up\\n')
  await new Promise(() => {})
})`)
const busy = testFile(`test('is busy', () => { process.stdout.write('worker is up\\n'); for (;;); })`)
const good = testFile(`test('passes', () => {})`)

/** Waits, with the time limit of the test. */
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 30_000, interval: 20 })

async function seedRunning(version: VitestVersion, options = '', files: Record<string, string> = { 'busy.test.ts': busy }) {
  const project = seedTest(version, {
    'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', maxWorkers: 2, teardownTimeout: 3000", options }),
    'waits.test.ts': waits,
    ...files,
  })
  const before = leftovers(project)
  expect(before.processes).toEqual([])
  const temporary = join(project.scratch, 'tmp')
  project.write('../scratch/tmp/.keep', '')
  const vitest = startVitest(project, ['run'], { env: { TMPDIR: temporary } })
  const workers = 1 + Object.values(files).filter((source) => source.includes('worker is up')).length
  await until(() => expect(vitest.output().split('worker is up').length - 1).toBe(workers))
  // Without these the tests below would find nothing because they cannot see anything.
  const running = processesOf(project, vitest.child.pid)
  expect(running.filter(isZygote).length).toBeGreaterThan(2)
  expect(running.some(({ words }) => words[0] === 'sleep')).toBe(true)
  return { project, vitest, before, temporary, running }
}

type Running = Awaited<ReturnType<typeof seedRunning>>

function leftovers(project: Project, vitest?: number) {
  return {
    processes: processesOf(project, vitest),
    mounts: mounts().filter(isOurs(project)),
    sockets: namedSockets().filter(isOurs(project)),
  }
}

function isOurs({ root }: Project) {
  const base = join(root, '..')
  return (line: string) => line.includes(base) || /\bnsbox\b/.test(line)
}

async function expectNothingLeft({ project, before, temporary, vitest }: Running) {
  await until(() => expect(leftovers(project, vitest.child.pid)).toEqual(before))
  await until(() => expect(readdirSync(temporary).filter((name) => name.startsWith('nsbox'))).toEqual([]))
}

const zygoteOf = ({ running, vitest }: Running): RunningProcess[] =>
  running.filter((process) => isZygote(process) && process.ppid === vitest.child.pid)

describe.each(vitestVersions)('$name', (version) => {
  describe.each([
    ['SIGINT', 'warm'],
    ['SIGTERM', 'warm'],
    ['SIGKILL', 'warm'],
    ['SIGKILL', 'cold'],
  ] as const)('%s of vitest, workers launched %s', (signal, launch) => {
    test('leaves nothing', async () => {
      const running = await seedRunning(version, `launch: '${launch}'`)
      running.vitest.child.kill(signal)
      await ended(running.vitest)
      await expectNothingLeft(running)
    })
  })

  test('SIGKILL of vitest with the upper layers on disk leaves nothing', async () => {
    const running = await seedRunning(version, `upper: 'disk'`)
    const directory = running.running.find(({ words }) => words.includes('nsbox-janitor'))?.words.at(-1) ?? ''
    expect(existsSync(directory), directory).toBe(true)
    running.vitest.child.kill('SIGKILL')
    await ended(running.vitest)
    await expectNothingLeft(running)
    await until(() => expect(existsSync(directory)).toBe(false))
  })

  test('SIGKILL of the zygote fails the files it ran, and the run goes on', async () => {
    const running = await seedRunning(version, '', { 'busy.test.ts': busy, 'z-good.test.ts': good })
    for (const { pid } of zygoteOf(running)) process.kill(pid, 'SIGKILL')
    const run = await running.vitest.done
    expect(run.stderr, `${run.exitCode} ${run.signal}: ${run.output}`).toMatch(/(waits|busy)\.test\.ts: /)
    expect(run.tests['z-good.test.ts > passes'], run.output).toBe('passed')
    expect(run.exitCode).toBe(1)
    await expectNothingLeft(running)
  })

  test('SIGKILL of a sandbox’s init fails its file, and the run goes on', async () => {
    const running = await seedRunning(version, '', { 'z-good.test.ts': good })
    const zygotes = zygoteOf(running).map(({ pid }) => pid)
    const sleeper = running.running.find(({ words }) => words[0] === 'sleep')
    const worker = running.running.find(({ pid }) => pid === sleeper?.ppid)
    const init = running.running.find(({ pid }) => pid === worker?.ppid)
    expect(zygotes).toContain(init?.ppid)
    process.kill(init?.pid ?? 0, 'SIGKILL')
    const run = await running.vitest.done
    expect(run.stderr).toMatch(/waits\.test\.ts: .*SIGKILL/)
    expect(run.tests['z-good.test.ts > passes'], run.output).toBe('passed')
    expect(run.exitCode).toBe(1)
    await expectNothingLeft(running)
  })
})

async function ended(vitest: VitestProcess): Promise<void> {
  await vitest.done
}
