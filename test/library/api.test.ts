// Promise: what nsbox exports changes only on purpose.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import * as vitestPlugin from '../../plugin/index.ts'
import * as library from '../../src/index.ts'
import { repository } from '../support/sandbox.ts'

test('the library', () => {
  expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
    [
      "NsboxError",
      "createSandbox",
      "default",
      "doctor",
      "plan",
      "run",
    ]
  `)
})

test('the vitest plugin', () => {
  expect(Object.keys(vitestPlugin).sort()).toMatchInlineSnapshot(`
    [
      "default",
      "nsbox",
      "nsboxPool",
    ]
  `)
})

test('the fields of a plan', async () => {
  expect(Object.keys(await library.plan()).sort()).toMatchInlineSnapshot(`
    [
      "lastSteps",
      "namespaces",
      "seal",
      "steps",
    ]
  `)
})

test('the fields of a report', async () => {
  expect(Object.keys(await library.run({ command: ['true'] })).sort()).toMatchInlineSnapshot(`
    [
      "capHit",
      "cause",
      "changes",
      "command",
      "durationMs",
      "enforced",
      "error",
      "exitCode",
      "exposed",
      "limits",
      "notEnforced",
      "refused",
      "rlimitEnd",
      "signal",
      "startedMs",
      "stderr",
      "stdout",
      "truncated",
      "unrelayed",
      "unseen",
      "usage",
    ]
  `)
})

test('types come from the package, from node and from vitest: an installation lacks what is bundled', { timeout: 120_000 }, () => {
  const built = mkdtempSync(join(tmpdir(), 'nsbox-test-types-'))
  const packages = new Set<string>()
  const seen = new Set<string>()
  const follow = (path: string): void => {
    if (seen.has(path)) return
    seen.add(path)
    for (const [, from = ''] of readFileSync(path, 'utf8').matchAll(/(?:from |import |import\()'([^']+)'/g)) {
      if (from.startsWith('.')) follow(join(dirname(path), from.replace(/\.ts$/, '.d.ts')))
      else if (!from.startsWith('node:')) packages.add(from.split('/')[0] as string)
    }
  }
  try {
    const words = ['--project', join(repository, 'tsconfig.build.json'), '--outDir', built]
    execFileSync(join(repository, 'node_modules/.bin/tsc'), words)
    for (const door of ['src/index.d.ts', 'plugin/index.d.ts']) follow(join(built, door))
  } finally {
    rmSync(built, { recursive: true })
  }
  expect([...packages].sort()).toEqual(['vite', 'vitest'])
})
