// What holds limits on this machine, for tests that are to pass with either.

import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, homedir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, onTestFinished } from 'vitest'
import type { CreateOptions, Running, WarmSandbox } from '../../src/index.ts'
import { createSandbox, run } from './built-library.ts'

/** A guest of test/lab has cgroups, and tests that miss them there have found a fault. */
const required = process.env['NSBOX_TEST_REQUIRE'] === 'cgroup'

const trial = await run({ command: ['cat', '/sys/fs/cgroup/cgroup.controllers'], limitsBy: 'cgroup', stderr: 'inherit' })
if (required && trial.exitCode !== 0) throw new Error(`No sandbox got a cgroup: ${trial.error?.message}`)

/** Those that limit sandboxes; none where there is no cgroup for them. */
export const controllers: readonly string[] = trial.exitCode === 0 ? (trial.stdout ?? '').trim().split(' ') : []
export const byCgroup: boolean = controllers.length > 0
/** Why there is none, for the names of tests that need one. */
export const whyNoCgroup: string = trial.error?.message ?? ''
export const isRoot: boolean = process.getuid?.() === 0
export const processors: number = availableParallelism()

/** A sandbox over a directory that is there for one file of tests. Its caller closes it. */
export function scratchSandbox(options: CreateOptions): Promise<WarmSandbox> {
  return createSandbox({ overlays: [scratch], cwd: scratch, ...options })
}

/** The same; it is closed with the test. */
export async function limitedSandbox(options: CreateOptions): Promise<WarmSandbox> {
  const sandbox = await scratchSandbox(options)
  onTestFinished(() => sandbox.close())
  return sandbox
}

const shared = new Map<string, Promise<WarmSandbox>>()

/** The one sandbox with these options of a file of tests: every program that it runs has the limits for itself. */
export function sharedSandbox(options: CreateOptions): Promise<WarmSandbox> {
  const key = JSON.stringify(options)
  const sandbox = shared.get(key) ?? scratchSandbox(options)
  shared.set(key, sandbox)
  return sandbox
}

/** It has written something. */
export async function begun(running: Running): Promise<void> {
  await Promise.race([new Promise((resolve) => running.stdout?.once('data', resolve)), running])
}

/** In HOME: it may be on another file system than /tmp, whose memory would count. */
export const scratch: string = mkdtempSync(join(realpathSync(homedir()), '.nsbox-limits-'))

afterAll(async () => {
  const started = await Promise.allSettled(shared.values())
  await Promise.all(started.map((one) => one.status === 'fulfilled' && one.value.close()))
  rmSync(scratch, { recursive: true, force: true })
})

/** Cgroups of sandboxes of this user, and those that callers were moved to. */
export function cgroupsLeft(): string[] {
  return below('/sys/fs/cgroup').filter((path) => /^nsbox-/.test(basename(path)))
}

function below(directory: string): string[] {
  try {
    const children = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    return children.flatMap(({ name }) => [join(directory, name), ...below(join(directory, name))])
  } catch {
    return [] // gone meanwhile
  }
}
