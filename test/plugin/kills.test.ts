// However a run is ended, nothing of it is left: no process, no mount, no file, no socket.

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { isZygote, mounts, processesOf, type RunningProcess } from '../support/vitest-left-behind.ts'
import {
  fixture,
  nsboxConfig,
  oneVitest,
  type Project,
  seedTest,
  testFile,
  type VitestVersion,
  vitestVersions,
} from '../support/vitest-project.ts'
import { startVitest } from '../support/vitest-run.ts'

const { 'waits.test.ts': waits = '', 'busy.test.ts': busy = '', 'every-pool.config.ts': everyPool = '' } = fixture('kills')
const good = testFile(`test('passes', () => {})`)

/** Waits, with the time limit of the test. */
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 30_000, interval: 20 })

const config = (options = '') => nsboxConfig({ test: "pool: 'nsbox', maxWorkers: 2, teardownTimeout: 3000", options })

async function seedRunning(version: VitestVersion, files: Record<string, string> = { 'busy.test.ts': busy }, workers = 2) {
  const project = seedTest(version, { 'vitest.config.ts': config(), 'waits.test.ts': waits, ...files })
  const before = leftovers(project)
  expect(before.processes).toEqual([])
  const temporary = join(project.scratch, 'tmp')
  project.write('../scratch/tmp/.keep', '')
  const vitest = startVitest(project, ['run'], { env: { TMPDIR: temporary } })
  await vitest.said(new RegExp(`(worker is up[^]*){${workers}}`))
  // Without these the tests below would find nothing because they cannot see anything.
  const running = processesOf(project, vitest.child.pid)
  expect(running.filter(isZygote).length).toBeGreaterThan(2)
  expect(running.some(({ words }) => words[0] === 'sleep')).toBe(true)
  const names = socketNames(inodesOf(running))
  expect(names).toContainEqual(expect.stringMatching(/^@nsbox-\d+-worker-\d+$/))
  return { project, vitest, before, temporary, running, inodes: inodesOf(running) }
}

type Running = Awaited<ReturnType<typeof seedRunning>>

function leftovers(project: Project, vitest?: number) {
  const base = join(project.root, '..')
  return {
    processes: processesOf(project, vitest),
    mounts: mounts().filter((line) => line.includes(base) || /\bnsbox\b/.test(line)),
    sockets: socketNames().filter((name) => name.includes(base)),
  }
}

/** The sockets of processes. Those of other users and of sandboxes cannot be read. */
function inodesOf(processes: readonly RunningProcess[]): Set<string> {
  const links = processes.flatMap(({ pid }) => unlessGone(() => readdirSync(`/proc/${pid}/fd`).map((fd) => `/proc/${pid}/fd/${fd}`)))
  const targets = links.flatMap((link) => unlessGone(() => [readlinkSync(link)]))
  return new Set(targets.flatMap((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1] ?? []))
}

/** A process ends and closes descriptors while it is looked at. */
function unlessGone(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}

/**
 * The named sockets of this network namespace, or those of them with these inodes (proc(5), /proc/net/unix).
 * Other tests run sandboxes at the same time, whose names differ in nothing but a number.
 */
function socketNames(inodes?: ReadonlySet<string>): string[] {
  return readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , , , , inode = '', name]) => name !== undefined && (!inodes || inodes.has(inode)))
    .map((words) => words.slice(7).join(' '))
}

async function expectNothingLeft({ project, before, temporary, vitest, inodes }: Running) {
  await until(() => expect(leftovers(project, vitest.child.pid)).toEqual(before))
  await until(() => expect(socketNames(inodes)).toEqual([]))
  await until(() => expect(readdirSync(temporary).filter((name) => name.startsWith('nsbox'))).toEqual([]))
}

const zygoteOf = ({ running, vitest }: Running): RunningProcess[] =>
  running.filter((process) => isZygote(process) && process.ppid === vitest.child.pid)

test.each(vitestVersions)('SIGINT of $name leaves nothing', (version) => expectNothingLeftAfter('SIGINT', version))

describe.each(oneVitest)('$name', (version) => {
  test('SIGTERM leaves nothing', () => expectNothingLeftAfter('SIGTERM', version))

  test('SIGKILL leaves nothing: workers launched warm and cold, and upper layers on disk', { tags: ['root'] }, async () => {
    const running = await seedRunning(version, { 'busy.test.ts': busy, 'vitest.config.ts': everyPool }, 4)
    const directory = running.running.find(({ words }) => words.includes('nsbox-janitor'))?.words.at(-1) ?? ''
    expect(existsSync(directory), directory).toBe(true)
    running.vitest.child.kill('SIGKILL')
    await running.vitest.done
    await expectNothingLeft(running)
    await until(() => expect(existsSync(directory)).toBe(false))
  })

  test('SIGKILL of a sandbox’s init fails its file, whose test is not said to have done it, and the run goes on', async () => {
    const running = await seedRunning(version, { 'z-good.test.ts': good }, 1)
    const zygotes = zygoteOf(running).map(({ pid }) => pid)
    const sleeper = running.running.find(({ words }) => words[0] === 'sleep')
    const worker = running.running.find(({ pid }) => pid === sleeper?.ppid)
    const init = running.running.find(({ pid }) => pid === worker?.ppid)
    expect(zygotes).toContain(init?.ppid)
    process.kill(init?.pid ?? 0, 'SIGKILL')
    const run = await running.vitest.done
    expect(run.stderr).toMatch(/waits\.test\.ts: the worker was killed with its sandbox.*: The sandbox's init was killed from outside/)
    expect(run.tests['z-good.test.ts > passes'], run.output).toBe('passed')
    expect(run.exitCode).toBe(1)
    await expectNothingLeft(running)
  })
})

test.each(vitestVersions)('SIGKILL of the zygote fails the files it ran, and the run of $name goes on', async (version) => {
  const running = await seedRunning(version, { 'busy.test.ts': busy, 'z-good.test.ts': good })
  for (const { pid } of zygoteOf(running)) process.kill(pid, 'SIGKILL')
  const run = await running.vitest.done
  expect(run.stderr, `${run.exitCode} ${run.signal}: ${run.output}`).toMatch(/(waits|busy)\.test\.ts: /)
  expect(run.tests['z-good.test.ts > passes'], run.output).toBe('passed')
  expect(run.exitCode).toBe(1)
  await expectNothingLeft(running)
})

async function expectNothingLeftAfter(signal: NodeJS.Signals, version: VitestVersion): Promise<void> {
  const running = await seedRunning(version, { 'busy.test.ts': busy, 'vitest.config.ts': config("launch: 'warm'") })
  running.vitest.child.kill(signal)
  await running.vitest.done
  await expectNothingLeft(running)
}
