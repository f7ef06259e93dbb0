// Promise: NSBOX_WORKER is a number that no other worker has at the same time, in whatever vitest process.

import { describe, expect, test } from 'vitest'
import { nsboxConfig, seedSuite, testFile, vitestVersions } from '../support/vitest-project.ts'
import { vitestRun } from '../support/vitest-run.ts'

/** With the host's network an abstract name is there once for all of them, and each holds its own until its worker is gone. */
const holds =
  testFile(`import { execFileSync } from 'node:child_process'; import { createServer } from 'node:net'; import { once } from 'node:events'
test('has a number of its own', async () => {
  const number = process.env.NSBOX_WORKER
  expect(number).toMatch(/^[1-9]\\d*$/)
  expect(globalThis.numberAtSetup).toBe(number)
  expect(execFileSync('printenv', ['NSBOX_WORKER'], { encoding: 'utf8' })).toBe(number + '\\n')
  if (!globalThis.held) await once(globalThis.held = createServer().listen('\\0' + import.meta.dirname + number).unref(), 'listening')
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(process.env.NSBOX_WORKER).toBe(number)
})`)

const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}.test.ts`)

describe.each(vitestVersions)('$name', (version) => {
  const project = seedSuite(version, {
    ...Object.fromEntries(names.map((name) => [name, holds])),
    'setup.ts': 'globalThis.numberAtSetup = process.env.NSBOX_WORKER\n',
    'vitest.config.ts': nsboxConfig({ test: "pool: 'nsbox', maxWorkers: 2, setupFiles: ['./setup.ts']", options: "net: 'host'" }),
    'cold.config.ts': nsboxConfig({
      test: "pool: 'nsbox', maxWorkers: 2, setupFiles: ['./setup.ts']",
      options: "net: 'host', launch: 'cold'",
    }),
  })

  test('in two processes at once, and with workers that serve several files', { timeout: 300_000 }, async () => {
    const runs = await Promise.all(
      [[], [], ['--no-isolate'], ['--config=cold.config.ts', 'a', 'b']].map((words) => vitestRun(project, words, { killAfter: 280_000 })),
    )
    for (const run of runs) {
      expect(run.failures, run.output).toEqual({})
      expect(run.exitCode, run.output).toBe(0)
    }
    expect(runs.map(({ tests }) => Object.keys(tests).length)).toEqual([5, 5, 5, 2])
  })
})
