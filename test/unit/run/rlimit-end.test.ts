// Promise: a limit is named where it was near and its signal can come of it, and no limit otherwise.

import { expect, test } from 'vitest'
import type { SandboxPlan } from '../../../src/plan/plan.ts'
import { rlimitEnd } from '../../../src/run/rlimit-end.ts'
import type { Resource } from '../../../src/sys/resources.ts'

const MiB = 2 ** 20
/** What nsbox's own fork has, and every program after it by getrusage(2). */
const own = 40 * MiB

function isNamed(resource: Resource, limit: number, signal: string, maxRss: number): boolean {
  const plan = { lastSteps: [{ why: '', do: 'rlimit', resource, soft: limit, hard: limit }] } as unknown as SandboxPlan
  return rlimitEnd(plan, { signal, cpuMs: 10, maxRss }) !== null
}

test.each<[Resource, number, string, number]>([
  ['as', 16 * MiB, 'SIGSEGV', own],
  ['as', 1024 * MiB, 'SIGABRT', 900 * MiB],
  ['data', 1024 * MiB, 'SIGTRAP', 900 * MiB],
  ['stack', 4 * MiB, 'SIGSEGV', own],
])('%s=%d may be behind %s, where %d bytes were resident', (resource, limit, signal, maxRss) => {
  expect(isNamed(resource, limit, signal, maxRss)).toBe(true)
})

test.each<[Resource, number, string, number]>([
  ['as', 64 * MiB, 'SIGABRT', own],
  ['as', 2048 * MiB, 'SIGSEGV', own],
  ['data', 2048 * MiB, 'SIGSEGV', 900 * MiB],
  ['as', 16 * MiB, 'SIGKILL', own],
  ['data', 1024 * MiB, 'SIGKILL', 900 * MiB],
  ['stack', 8 * MiB, 'SIGSEGV', own],
  ['stack', 4 * MiB, 'SIGABRT', own],
  ['stack', 4 * MiB, 'SIGKILL', own],
])('%s=%d is not named for %s, where %d bytes were resident', (resource, limit, signal, maxRss) => {
  expect(isNamed(resource, limit, signal, maxRss)).toBe(false)
})
